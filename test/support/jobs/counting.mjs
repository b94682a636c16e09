import { randomUUID } from 'node:crypto'
import { inAnHour, report } from './report.mjs'

/** Jobs that four processes do at the same time, each of which reports once how it went. */
export const counting = {
  /** Opens the store, which may create its table. */
  async open(store) {
    await store.read('nothing')
    await store.close()
  },

  /** Adds one to the counter `count` times by compare-and-set. With 'touching' a touch comes in between. */
  async increment(store, count, touching) {
    const written = []
    let conflicts = 0
    while (written.length < Number(count)) {
      const record = await store.read('counter')
      const next = Number(Buffer.from(record.bytes).toString()) + 1
      const change = { bytes: Buffer.from(String(next)), revision: randomUUID(), expiresAt: 'keep' }
      const answer = await store.update('counter', change, record.revision)
      if (answer === 'ok') written.push(next)
      else if (answer === 'conflict') conflicts++
      else throw new Error(`The answer was ${answer}`)
      if (touching) await store.touch('counter', inAnHour + written.length, change.revision)
    }
    report({ written, conflicts })
    await store.close?.()
  },

  /** Waits for a flash, which all then take, also a process that starts so late that it is taken. */
  async take(store, count) {
    while (!(await store.read('flash')));
    const answers = await Promise.all(
      Array.from({ length: Number(count) }, () =>
        store.update('flash', { bytes: Buffer.alloc(0), revision: randomUUID(), expiresAt: 'keep' }, 'untaken'),
      ),
    )
    report({ winners: answers.filter((answer) => answer === 'ok').length })
    await store.close?.()
  },

  /** Collects what has expired at `now`, ten at a time, until nothing is left. */
  async collect(store, now) {
    let deleted = 0
    for (let last = 1; last > 0; deleted += last) last = await store.collectGarbage(Number(now), 10)
    report({ deleted })
    await store.close?.()
  },
}
