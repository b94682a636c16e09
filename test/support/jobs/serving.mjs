/** The other server process of the histories: calls its own store for the test, and sends what the store answers. */
export const serving = {
  async serve(store) {
    const walks = new Map()
    const walking = {
      /** Begins a walk through the records of a subject. */
      walk: (id, subject) => void walks.set(id, store.bySubject(subject)[Symbol.asyncIterator]()),
      next: (id) => walks.get(id).next(),
    }

    async function answer({ id, method, args }) {
      try {
        process.send({ id, answer: await (walking[method] ?? store[method])(...args) })
      } catch (error) {
        process.send({ id, error })
      }
    }

    process.on('message', (message) => void answer(message))
    const methods = Object.keys(store).filter((name) => typeof store[name] === 'function')
    process.send({ guarantees: store.guarantees, methods })
  },
}
