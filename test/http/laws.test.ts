import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { H3EventLike } from '../../src/h3/index.js'
import { memoryStore } from '../../src/stores/memory.js'
import type { Movable, SessionStore } from '../../src/stores/port.js'
import { sqliteStore } from '../../src/stores/sqlite.js'
import {
  cookieOf,
  define,
  edges,
  type Options,
  type Routes,
  type Site,
  signal,
  sleep,
  useReadonlySession,
  useSession,
  watch,
} from './harness.js'

let folder: string
let files = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zession-http-'))
})
afterAll(() => rm(folder, { recursive: true }))

const stores: readonly { readonly kind: string; readonly make: () => SessionStore & Movable }[] = [
  { kind: 'memory', make: () => memoryStore() },
  { kind: 'sqlite', make: () => sqliteStore({ url: `file:${join(folder, `${files++}.db`)}` }) },
]

for (const edge of edges) {
  describe.each(stores)(`${edge.name}, $kind store`, ({ make }) => {
    let site: Site | undefined
    let stop: (() => Promise<void>) | undefined
    afterEach(async () => {
      await site?.close()
      await stop?.()
    })

    async function start(
      routes: (session: (event: H3EventLike) => ReturnType<typeof open>) => Routes,
      options: Options = {},
    ) {
      const watched = watch(make())
      const definition = define(watched.store, options)
      stop = () => definition.close()
      site = await edge.serve({
        '/login': async (event) => {
          const session = await open(event, definition)
          session.set('user', 'ada')
          return 'in'
        },
        '/read': async (event) => (await open(event, definition)).data,
        '/logout': async (event) => {
          await (await open(event, definition)).destroy()
          return 'out'
        },
        ...routes((event) => open(event, definition)),
      })
      const login = await site.get('/login')
      return { ...watched, watched, definition, site, cookie: cookieOf(login) }
    }

    it('J1: a slow writer and a slow reader that end after a logout leave it ended', async () => {
      const ready = [signal(), signal()] as const
      const go = signal()
      const slow = async (session: Awaited<ReturnType<typeof open>>, change: boolean, which: 0 | 1) => {
        session.touch()
        if (change) session.set('a', 1)
        ready[which].done()
        await go.promise
        return 'late'
      }
      const { site, cookie, calls, definition } = await start((open) => ({
        '/slow-write': async (event) => slow(await open(event), true, 0),
        '/slow-read': async (event) => slow(await open(event), false, 1),
      }))
      const late = [site.get('/slow-write', cookie), site.get('/slow-read', cookie)]
      await Promise.all(ready.map((each) => each.promise))
      const logout = await site.get('/logout', cookie)
      expect(logout.cookies[0]).toMatch(/^session=;.*Max-Age=0/)
      // A touch within the millisecond of the last write has nothing to renew.
      await new Promise((resolve) => setTimeout(resolve, 3))
      go.done()
      for (const reply of await Promise.all(late)) expect([reply.status, reply.cookies]).toEqual([200, []])
      expect(calls.slice(-2).toSorted()).toEqual(['touch', 'update'])
      expect(JSON.parse((await site.get('/read', cookie)).text)).toEqual({ theme: 'light', count: 0 })
      expect(await definition.destroyById(cookie.split('=')[1] ?? '')).toBe(false)
    })

    it('J2: a read beside a writer costs one store call and keeps the write', async () => {
      const ready = signal()
      const go = signal()
      const { site, cookie, calls } = await start((open) => ({
        '/slow-read': async (event) => {
          const session = await open(event)
          ready.done()
          await go.promise
          return session.data
        },
        '/write': async (event) => {
          ;(await open(event)).set('a', 1)
          return 'ok'
        },
      }))
      calls.length = 0
      const read = site.get('/slow-read', cookie)
      await ready.promise
      expect(calls).toEqual(['read'])
      await site.get('/write', cookie)
      go.done()
      expect((await read).cookies).toEqual([])
      expect(calls).toEqual(['read', 'read', 'update'])
      expect(JSON.parse((await site.get('/read', cookie)).text)).toMatchObject({ user: 'ada', a: 1 })
    })

    it('J3: parallel writers of different keys, and of one counter, are all kept', async () => {
      const { site, cookie } = await start((open) => ({
        '/set-a': async (event) => ((await open(event)).set('a', 1), sleep(5)),
        '/set-b': async (event) => ((await open(event)).set('b', 2), sleep(5)),
        '/count': async (event) => ((await open(event)).update('count', (count) => count + 1), sleep(5)),
      }))
      await Promise.all(
        ['/set-a', '/set-b', ...Array.from({ length: 8 }, () => '/count')].map((path) => site.get(path, cookie)),
      )
      expect(JSON.parse((await site.get('/read', cookie)).text)).toEqual({
        user: 'ada',
        theme: 'light',
        a: 1,
        b: 2,
        count: 8,
      })
    })

    it('J4: destroy, and then set, gives a new id and only the new data', async () => {
      const { site, cookie } = await start((open) => ({
        '/again': async (event) => {
          await (await open(event)).destroy()
          const fresh = await open(event)
          fresh.set('a', 1)
          fresh.flash.set('notice', 'bye')
          return String(fresh.get('user'))
        },
        '/renew': async (event) => {
          const session = await open(event)
          await session.regenerate({ keep: ['a'] })
          session.set('b', 2)
          return 'ok'
        },
      }))
      const again = await site.get('/again', cookie)
      expect(again.text).toBe('undefined')
      const next = cookieOf(again)
      expect(next).not.toBe(cookie)
      expect(JSON.parse((await site.get('/read', next)).text)).toEqual({ theme: 'light', count: 0, a: 1 })
      expect(JSON.parse((await site.get('/read', cookie)).text)).toEqual({ theme: 'light', count: 0 })
      const third = cookieOf(await site.get('/renew', next))
      expect(JSON.parse((await site.get('/read', third)).text)).toEqual({ theme: 'light', count: 0, a: 1, b: 2 })
      expect(JSON.parse((await site.get('/read', next)).text)).toEqual({ theme: 'light', count: 0 })
    })

    it('J5: a login at 90 % of the life of a session gets a new id and a full life', async () => {
      let now = 1_800_000_000_000
      const { site, cookie } = await start(
        (open) => ({
          '/promote': async (event) => {
            const session = await open(event)
            await session.regenerate()
            session.set('a', 1)
            return 'ok'
          },
        }),
        { clock: () => now, maxAge: 1000, idleTimeout: 1000 },
      )
      now += 900_000
      const next = cookieOf(await site.get('/promote', cookie))
      expect(next).not.toBe(cookie)
      now += 990_000
      expect(JSON.parse((await site.get('/read', next)).text)).toMatchObject({ user: 'ada', a: 1 })
      now += 10_000
      expect(JSON.parse((await site.get('/read', next)).text)).toEqual({ theme: 'light', count: 0 })
    })

    it('J7: an anonymous read costs no store call and sets no cookie', async () => {
      const { site, calls } = await start(() => ({}))
      calls.length = 0
      const reply = await site.get('/read')
      expect([reply.status, reply.cookies, calls]).toEqual([200, [], []])
      expect(reply.headers.get('vary')).toBe('Cookie')
    })

    it('J9: of 100 parallel requests one takes the flash', async () => {
      const { site, cookie } = await start((open) => ({
        '/put': async (event) => {
          ;(await open(event)).flash.set('notice', 'saved')
          return 'ok'
        },
        '/take': async (event) => (await (await open(event)).flash.take('notice')) ?? '-',
      }))
      await site.get('/put', cookie)
      const replies = await Promise.all(Array.from({ length: 100 }, () => site.get('/take', cookie)))
      expect(replies.map((reply) => reply.text).filter((text) => text !== '-')).toEqual(['saved'])
      expect(new Set(replies.map((reply) => reply.status))).toEqual(new Set([200]))
    })

    it('J14: every reply comes after its write', async () => {
      const { site, cookie, watched, calls } = await start(() => ({}))
      let stored = false
      watched.before = async (call) => {
        if (call === 'read') return
        await sleep(30)
        stored = true
      }
      await site.open('/login', { headers: { cookie } })
      expect(stored).toBe(calls.at(-1) !== 'read')
      stored = false
      await site.open('/login')
      expect(stored).toBe(true)
    })

    it('J15: a flash waits for the page among parallel asset requests', async () => {
      const { site, cookie } = await start((open) => ({
        '/put': async (event) => {
          ;(await open(event)).flash.add('errors', 'no')
          return 'ok'
        },
        '/asset': async (event) => (await open(event)).data,
        '/page': async (event) => (await open(event)).flash.takeAll(),
      }))
      await site.get('/put', cookie)
      const [page] = await Promise.all([
        site.get('/page', cookie),
        ...Array.from({ length: 10 }, () => site.get('/asset', cookie)),
      ])
      expect(JSON.parse(page.text)).toEqual({ errors: ['no'] })
    })

    it('a failed response drops changes, keeps what was done at once, and puts the flash back', async () => {
      const { site, cookie } = await start((open) => ({
        '/put': async (event) => {
          ;(await open(event)).flash.set('notice', 'saved')
          return 'ok'
        },
        '/fail': async (event) => {
          const session = await open(event)
          session.set('a', 1)
          await session.regenerate()
          session.set('b', 2)
          await session.flash.take('notice')
          return new Response('broken', { status: 500 })
        },
        '/fail-late': async (event) => {
          await (await open(event)).destroy()
          throw new Error('x')
        },
        '/take': async (event) => (await (await open(event)).flash.take('notice')) ?? '-',
      }))
      await site.get('/put', cookie)
      const failed = await site.get('/fail', cookie)
      expect(failed.status).toBe(500)
      const next = cookieOf(failed)
      expect(next).not.toBe(cookie)
      expect(JSON.parse((await site.get('/read', next)).text)).toEqual({ user: 'ada', theme: 'light', count: 0 })
      expect((await site.get('/take', next)).text).toBe('saved')
      const gone = await site.get('/fail-late', next)
      expect([gone.status, gone.cookies.length]).toEqual([500, 1])
      expect(gone.cookies[0]).toMatch(/^session=;.*Max-Age=0/)
    })
  })
}

async function open(event: H3EventLike, definition: ReturnType<typeof define>) {
  return useSession(event, definition)
}

for (const edge of edges) {
  describe(edge.name, () => {
    let site: Site | undefined
    afterEach(() => site?.close())

    it('two definitions in one request are both committed, also with one store', async () => {
      const store = memoryStore()
      const [one, two] = [define(store, { name: 'one' }), define(store, { name: 'two' })]
      site = await edge.serve({
        '/go': async (event) => {
          const [first, second] = await Promise.all([useSession(event, one), useSession(event, two)])
          first.set('a', 1)
          second.set('b', 2)
          return 'ok'
        },
        '/read': async (event) => [
          (await useSession(event, one)).get('a') ?? 0,
          (await useSession(event, two)).get('b') ?? 0,
        ],
      })
      const reply = await site.get('/go')
      expect(reply.cookies).toHaveLength(2)
      const both = reply.cookies.map((line) => line.split(';')[0]).join('; ')
      expect(JSON.parse((await site.get('/read', both)).text)).toEqual([1, 2])
    })

    it('useSession loads once, however often it is called', async () => {
      const { store, calls } = watch()
      const definition = define(store)
      site = await edge.serve({
        '/login': async (event) => {
          ;(await useSession(event, definition)).set('user', 'ada')
          return 'ok'
        },
        '/read': async (event) => {
          const all = await Promise.all([1, 2, 3].map(() => useSession(event, definition)))
          return new Set(all).size
        },
      })
      const cookie = cookieOf(await site.get('/login'))
      calls.length = 0
      expect((await site.get('/read', cookie)).text).toBe('1')
      expect(calls).toEqual(['read'])
    })

    it('a change after a load that the handler did not wait for is stored or refused', async () => {
      const store = memoryStore()
      const definition = define(store)
      let code: unknown
      site = await edge.serve({
        '/go': (event) => {
          void useSession(event, definition)
            .then((session) => session.set('user', 'ada'))
            .catch((error: { code: string }) => {
              code = error.code
            })
          return 'ok'
        },
      })
      const reply = await site.get('/go')
      expect([reply.status, reply.cookies.length]).toEqual([200, store.size])
      expect(store.size === 1 || code === 'ERR_SESSION_HEADERS_SENT').toBe(true)
    })

    it('useReadonlySession reads, and never writes or renews', async () => {
      let now = 1_800_000_000_000
      const { store, calls } = watch()
      const definition = define(store, { clock: () => now })
      site = await edge.serve({
        '/login': async (event) => {
          ;(await useSession(event, definition)).set('user', 'ada')
          return 'ok'
        },
        '/look': async (event) => (await useReadonlySession(event, definition)).get('user'),
      })
      const cookie = cookieOf(await site.get('/login'))
      calls.length = 0
      now += 3_000_000
      const reply = await site.get('/look', cookie)
      expect([reply.text, reply.cookies, calls]).toEqual(['ada', [], ['read']])
      expect(reply.headers.get('vary')).toBe('Cookie')
    })
  })
}
