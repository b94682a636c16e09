import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import type { H3EventLike } from '../../src/h3/index.js'
import { memoryStore } from '../../src/stores/memory.js'
import { asV1, asV2, cookieOf, define, edges, type Routes, signal, sleep, useSession } from './harness.js'

/** Node's response to the request of an event. */
function nodeResponseOf(event: H3EventLike, major: 1 | 2): ServerResponse {
  const runtime = asV2(event).runtime as { readonly node: { readonly res: ServerResponse } } | undefined
  return major === 1 ? asV1(event).node.res : (runtime?.node.res as ServerResponse)
}

type Answer = (text: string, res: ServerResponse) => unknown
const answers: readonly [name: string, answer: Answer, majors: readonly number[]][] = [
  ['text', (text) => text, [1, 2]],
  ['an object', (text) => ({ text }), [1, 2]],
  ['a Response', (text) => new Response(text), [1, 2]],
  ['a web stream', (text) => new Response(text).body, [1, 2]],
  ["a stream of node's", (text) => Readable.from([text]), [1, 2]],
  ['its own end()', (text, res) => void res.end(text), [1]],
]

async function setUp({ major, serve }: (typeof edges)[number], routes: Routes = {}) {
  const definition = define(memoryStore())
  const site = await serve({
    ...routes,
    '/make': async (event) => {
      ;(await useSession(event, definition)).flash.set('notice', 'saved')
      return 'made'
    },
    '/take': async (event) => (await (await useSession(event, definition)).flash.take('notice')) ?? 'none',
    '/count': async (event) => String((await useSession(event, definition)).get('count')),
  })
  const cookie = cookieOf(await site.get('/make/'))
  return { definition, site, cookie, major }
}

for (const edge of edges.filter(({ name }) => name.includes('over node'))) {
  describe(`${edge.name}: a client that goes away before a byte of its answer has left`, () => {
    it.each(answers.filter(([, , majors]) => majors.includes(edge.major)))(
      'leaves the flash that it would have shown, and what it changed is stored: %s',
      async (_, answer) => {
        let taken = signal()
        const closed: Promise<unknown>[] = []
        const { definition, site, cookie } = await setUp(edge, {
          '/slow': async (event) => {
            const session = await useSession(event, definition)
            const notice = await session.flash.take('notice')
            session.update('count', (count) => count + 1)
            const res = nodeResponseOf(event, edge.major)
            const close = once(res, 'close')
            closed.push(close)
            taken.done()
            await close
            return answer(String(notice), res)
          },
        })
        const gone = 20
        for (let i = 0; i < gone; i++) {
          taken = signal()
          const leaving = new AbortController()
          const request = site.open('/slow/', { headers: { cookie }, signal: leaving.signal })
          await taken.promise
          leaving.abort()
          await expect(request).rejects.toThrow(/abort/i)
          await expect.poll(async () => (await site.get('/count/', cookie)).text).toBe(String(i + 1))
        }
        await Promise.all(closed)
        await expect.poll(async () => (await site.get('/take/', cookie)).text, { interval: 5 }).toBe('saved')
        expect((await site.get('/take/', cookie)).text).toBe('none')
        await site.close()
      },
    )

    it('at whatever moment: no flash is seen by two', async () => {
      let seed = 7
      const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below
      const { definition, site, cookie } = await setUp(edge, {
        '/some': async (event) => {
          const notice = await (await useSession(event, definition)).flash.take('notice')
          await sleep(random(4))
          return random(2) === 0 ? String(notice) : new Response(String(notice)).body
        },
      })
      let shown = 0
      for (let round = 0; round < 100; round++) {
        await site.get('/make/', cookie)
        const visits = Array.from({ length: 4 }, async () => {
          const leaving = new AbortController()
          const timer = setTimeout(() => leaving.abort(), random(10))
          try {
            const response = await site.open('/some/', { headers: { cookie }, signal: leaving.signal })
            return await response.text()
          } catch {
            return 'gone'
          } finally {
            clearTimeout(timer)
          }
        })
        const seen = (await Promise.all(visits)).filter((text) => text === 'saved').length
        await sleep(5)
        const later = (await site.get('/take/', cookie)).text === 'saved' ? 1 : 0
        expect(seen + later).toBeLessThanOrEqual(1)
        shown += seen + later
      }
      expect(shown).toBeGreaterThan(0)
      await site.close()
    })
  })
}

describe('h3 1: a stream that fails before its first byte', () => {
  it.each([
    ["of node's", () => new Readable({ read: () => {} })],
    ['of the web', () => new ReadableStream({ pull: (controller) => controller.error(new Error('cut')) })],
  ] as const)('%s is an error page, and leaves the flash that it would have shown', async (_, make) => {
    const edge = edges[0] as (typeof edges)[number]
    const { definition, site, cookie } = await setUp(edge, {
      '/cut': async (event) => {
        await (await useSession(event, definition)).flash.take('notice')
        const body = make()
        if (body instanceof Readable) setTimeout(() => body.destroy(new Error('cut')), 20)
        return body
      },
    })
    expect((await site.get('/cut/', cookie)).status).toBe(500)
    expect((await site.get('/take/', cookie)).text).toBe('saved')
    expect((await site.get('/take/', cookie)).text).toBe('none')
    await site.close()
  })
})
