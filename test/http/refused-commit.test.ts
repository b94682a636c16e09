import * as h3v2 from 'h3-v2'
import { afterEach, describe, expect, it } from 'vitest'
import { type H3EventLike } from '../../src/h3/index.js'
import { memoryStore } from '../../src/stores/memory.js'
import { down, inTime, sendV1 } from './edge-kit.js'
import { define, edges, type Site, signal, useSession, watch } from './harness.js'

let site: Site | undefined
afterEach(() => site?.close())

describe('a refused commit and what the handler returned', () => {
  const bytes = new TextEncoder().encode('hello')

  /** As the instance of an ORM's model: `destroy()` deletes its row. */
  function rowOf(calls: string[]) {
    return new (class Row {
      readonly name = 'order 7'
      async destroy() {
        calls.push('destroy')
      }
      async cancel() {
        calls.push('cancel')
      }
      async return() {
        calls.push('return')
      }
      async *[Symbol.asyncIterator]() {}
      toJSON() {
        return { name: this.name }
      }
    })()
  }

  describe.each(edges)('$name', (edge) => {
    it.each([
      ['a model', rowOf],
      ['an object whose body is a model', (calls: string[]) => ({ title: 'x', body: rowOf(calls) })],
    ])('no method of %s is called', async (_name, answer) => {
      const calls: string[] = []
      const watched = watch()
      watched.before = down
      const definition = define(watched.store)
      site = await edge.serve({
        '/go': async (event) => {
          ;(await useSession(event, definition)).set('user', 'ada')
          return answer(calls)
        },
      })
      expect([(await site.get('/go')).status, calls]).toEqual([503, []])
    })
  })

  describe.each(edges.filter(({ major }) => major === 2))('$name', (edge) => {
    it('an iterable is ended', async () => {
      const watched = watch()
      watched.before = down
      const definition = define(watched.store)
      const ended = signal()
      async function* endless() {
        try {
          for (;;) yield bytes
        } finally {
          ended.done()
        }
      }
      site = await edge.serve({
        '/go': async (event) => {
          ;(await useSession(event, definition)).set('user', 'ada')
          return h3v2.iterable(endless())
        },
      })
      expect((await site.get('/go')).status).toBe(503)
      await inTime(ended.promise)
    })
  })
})

describe.each(edges)('$name: a transport that cannot write', (edge) => {
  it.each([false, true])('is a 500, not a hanging request; with an onError of the app: %s', async (custom) => {
    const definition = define(memoryStore(), {
      transport: {
        read: () => undefined,
        write: down,
        clear() {},
      },
    })
    const onError = (_error: Error, event: H3EventLike) =>
      edge.major === 2 ? new Response('sorry', { status: 500 }) : sendV1(event, 500, 'sorry')
    site = await edge.serve(
      { '/go': async (event) => ((await useSession(event, definition)).set('user', 'ada'), 'ok') },
      custom ? { onError } : {},
    )
    const reply = await inTime(site.get('/go'))
    expect(reply.status).toBe(500)
    if (custom) expect(reply.text).toBe('sorry')
  })
})
