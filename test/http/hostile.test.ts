import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { cookieOf, define, edges, type Site, useSession, watch } from './harness.js'

const good = 'A'.repeat(43)

for (const edge of edges) {
  describe(edge.name, () => {
    let site: Site | undefined
    afterEach(() => site?.close())

    async function start() {
      const { store, calls } = watch()
      const definition = define(store)
      site = await edge.serve({
        '/write': async (event) => {
          const session = await useSession(event, definition)
          session.update('count', (count) => count + 1)
          return 'ok'
        },
        '/read': async (event) => (await useSession(event, definition)).get('count'),
      })
      return { site, calls }
    }

    it.each([
      ['too short', 'session=abc'],
      ['empty', 'session='],
      ['foreign characters', `session=${'A'.repeat(42)}!`],
      ['percent encoding', `session=${'A'.repeat(40)}%41`],
      ['over-long', `session=${'A'.repeat(8000)}`],
      ['a path', 'session=../../etc/passwd'],
      ['a prototype key', 'session=__proto__; __proto__=session; constructor=1'],
      ['another name', `sessions=${good}; xsession=${good}`],
    ])('a cookie that is %s reaches no store and becomes no id', async (_name, cookie) => {
      const { site, calls } = await start()
      const reply = await site.get('/write', cookie)
      expect([reply.status, calls]).toEqual([200, ['create']])
      expect(cookieOf(reply)).toMatch(/^session=[A-Za-z0-9_-]{43}$/)
      expect(cookie).not.toContain(cookieOf(reply))
    })

    it('an unknown id is looked up once and never adopted', async () => {
      const { site, calls } = await start()
      const reply = await site.get('/write', `session=${good}`)
      expect(calls).toEqual(['read', 'create'])
      expect(cookieOf(reply)).not.toBe(`session=${good}`)
    })

    it('of several cookies of the name the one that names a session is used, after at most three tries', async () => {
      const { site, calls } = await start()
      const cookie = cookieOf(await site.get('/write'))
      calls.length = 0
      expect((await site.get('/read', `session=junk; session=${good}; ${cookie}`)).text).toBe('1')
      expect(calls).toEqual(['read', 'read'])
      calls.length = 0
      const many = Array.from({ length: 50 }, (_, at) => `session=${String(at).padStart(43, 'B')}`).join('; ')
      expect((await site.get('/read', `${many}; ${cookie}`)).text).toBe('0')
      expect(calls.length).toBeLessThanOrEqual(3)
    })

    it('any cookie header ends in a normal reply, and in no foreign id', async () => {
      const { site, calls } = await start()
      // What `fetch` lets through: Latin-1 without control characters.
      const text = fc.string({
        unit: fc
          .integer({ min: 0x20, max: 0xff })
          .filter((code) => code !== 0x7f)
          .map((code) => String.fromCharCode(code)),
        maxLength: 80,
      })
      const pair = fc
        .tuple(fc.oneof(fc.constant('session'), fc.constant(' session '), text), fc.constantFrom('=', '==', ''), text)
        .map((parts) => parts.join(''))
      const header = fc.oneof(
        text,
        fc.array(pair, { maxLength: 6 }).map((pairs) => pairs.join('; ')),
      )
      await fc.assert(
        fc.asyncProperty(header, async (cookie) => {
          calls.length = 0
          const reply = await site.get('/write', cookie)
          expect([reply.status, reply.text, calls]).toEqual([200, 'ok', ['create']])
          expect(cookieOf(reply)).toMatch(/^session=[A-Za-z0-9_-]{43}$/)
        }),
        { numRuns: 200 },
      )
    })

    it('any body ends in a normal reply', async () => {
      const { site } = await start()
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (body) => {
          const reply = await site.get('/write', undefined, { method: 'POST', body: new Uint8Array(body) })
          expect([reply.status, reply.cookies.length]).toEqual([200, 1])
        }),
        { numRuns: 50 },
      )
    })
  })
}
