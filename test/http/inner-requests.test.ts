import * as h3v1 from 'h3'
import * as h3v2 from 'h3-v2'
import { beforeEach, describe, expect, it } from 'vitest'
import { installSessions, useReadonlySession, useSession } from '../../src/h3/index.js'
import type { SessionDefinition } from '../../src/index.js'
import { memoryStore } from '../../src/stores/memory.js'
import { cookieOf, define, direct, type flash, type Handler, type Routes, type Site, type schema } from './harness.js'

const AGENT = { 'user-agent': 'Browser/1' }

/** Apps as Nitro makes them: whose handlers call other handlers of the same app. `inside` gets what the outer request carried. */
const apps = {
  'Nitro 2': (routes: Routes) => {
    const app = h3v1.createApp({ debug: false })
    installSessions({ h3App: app }, { development: true })
    for (const [path, handler] of Object.entries(routes))
      app.use(
        path,
        h3v1.eventHandler((event) => handler(event) as never),
      )
    return h3v1.toWebHandler(app)
  },
  'Nitro 3': (routes: Routes) => {
    const app = new h3v2.H3({ silent: true })
    installSessions({ h3: app }, { development: true })
    for (const [path, handler] of Object.entries(routes)) app.all(`${path}/**`, (event) => handler(event))
    return h3v2.toWebHandler(app)
  },
} as const

describe.each(Object.entries(apps))('%s: a request inside another one', (_name, make) => {
  let session: SessionDefinition<typeof schema, typeof flash>
  let site: Site
  let call: (request: Request) => Promise<Response>
  let afterwards: (() => Promise<unknown>) | undefined
  const inside = async (path: string, headers: Record<string, string>) => {
    const response = await call(new Request(`http://localhost${path}`, { headers }))
    return { status: response.status, cookies: response.headers.getSetCookie(), text: await response.text() }
  }
  const forwarded = (event: Parameters<Handler>[0]) => ({ ...AGENT, ...cookieIn(event) })

  beforeEach(() => {
    session = define(memoryStore())
    afterwards = undefined
    const add = async (event: Parameters<Handler>[0]) => {
      const found = await useSession(event, session)
      found.update('count', (count) => count + 1)
      return String(found.get('count'))
    }
    call = make({
      '/add': add,
      '/set': async (event) => (await useSession(event, session)).set('user', 'ann'),
      '/count': async (event) => String((await useSession(event, session)).get('count')),
      '/user': async (event) => String((await useSession(event, session)).get('user')),
      '/stored': async (event) => String((await useReadonlySession(event, session)).get('count')),
      '/notice': async (event) => String(await (await useSession(event, session)).flash.take('notice')),
      '/flash': async (event) => (await useSession(event, session)).flash.set('notice', 'hello'),
      '/destroy': async (event) => (await useSession(event, session)).destroy(),
      '/regenerate': async (event) => (await useSession(event, session)).regenerate(),
      '/fail': async (event) => {
        const found = await useSession(event, session)
        found.set('user', 'lost')
        const taken = await found.flash.take('notice')
        throw Object.assign(new Error(`${taken}`), { statusCode: 500, status: 500 })
      },
      '/page': async (event) => {
        const headers = forwarded(event)
        const replies = await Promise.all(['/add', '/add', '/add'].map((path) => inside(path, headers)))
        return JSON.stringify([...replies, await inside('/add', headers)])
      },
      '/mixed': async (event) => {
        const headers = forwarded(event)
        const replies = await Promise.all(['/add', '/fail', '/add'].map((path) => inside(path, headers)))
        return JSON.stringify(replies)
      },
      '/broken': async (event) => {
        await inside('/add', forwarded(event))
        throw Object.assign(new Error('broken'), { statusCode: 500, status: 500 })
      },
      '/nobody': async (event) => {
        await useSession(event, session)
        return JSON.stringify([await inside('/add', {}), await inside('/add', { ...AGENT, cookie: 'session=other' })])
      },
      '/later': (event) => {
        const headers = forwarded(event)
        let go = () => {}
        const ready = new Promise<void>((resolve) => (go = resolve))
        const late = ready.then(() => inside('/add', headers))
        afterwards = () => {
          go()
          return late
        }
        return add(event)
      },
      '/inner': async (event) => {
        const path = new URL(`http://localhost${pathOf(event)}`).searchParams.get('path') ?? ''
        return JSON.stringify(await inside(path, forwarded(event)))
      },
      '/deep': async (event) => JSON.stringify(await inside('/page', forwarded(event))),
    })
    site = direct(call)
  })

  const visit = (path: string, cookie?: string) => site.get(path, cookie, { headers: AGENT })
  const sessions = async () => {
    let count = 0
    for await (const _ of session.scan()) count++
    return count
  }

  it.each(['/page', '/deep'])(
    'shares the session of a new visitor, also with parallel first writes (%s)',
    async (path) => {
      const reply = await visit(path)
      expect(reply.cookies).toHaveLength(1)
      expect([reply.headers.get('vary'), reply.headers.get('cache-control')]).toEqual(['Cookie', 'no-store'])
      expect(reply.text).not.toContain('session=')
      expect(await sessions()).toBe(1)
      expect((await visit('/count', cookieOf(reply))).text).toBe('4')
    },
  )

  it('shares the session of a known visitor, and sets nothing on its own response', async () => {
    const cookie = cookieOf(await visit('/add'))
    const replies = JSON.parse((await visit('/page', cookie)).text) as { cookies: string[]; text: string }[]
    expect(replies.map(({ cookies, text }) => [cookies, text])).toEqual([
      [[], '2'],
      [[], '3'],
      [[], '4'],
      [[], '5'],
    ])
    expect([(await visit('/count', cookie)).text, await sessions()]).toEqual(['5', 1])
  })

  it('that fails takes back its own changes alone, and the flash that it took', async () => {
    const cookie = cookieOf(await visit('/flash'))
    const replies = JSON.parse((await visit('/mixed', cookie)).text) as { status: number }[]
    expect(replies.map(({ status }) => status)).toEqual([200, 500, 200])
    expect((await visit('/count', cookie)).text).toBe('2')
    expect((await visit('/user', cookie)).text).toBe('undefined')
    expect((await visit('/notice', cookie)).text).toBe('hello')
  })

  it('is dropped with the outer one when that fails', async () => {
    const cookie = cookieOf(await visit('/add'))
    expect((await visit('/broken', cookie)).status).toBe(500)
    expect((await visit('/count', cookie)).text).toBe('1')
    expect((await visit('/broken')).cookies).toEqual([])
    expect(await sessions()).toBe(1)
  })

  it('on behalf of another client, or of nobody, has a session of its own', async () => {
    for (const cookie of [undefined, cookieOf(await visit('/add'))]) {
      const reply = await visit('/nobody', cookie)
      const replies = JSON.parse(reply.text) as { cookies: string[] }[]
      expect(replies.map(({ cookies }) => cookies.length)).toEqual([1, 1])
      expect(reply.cookies).toEqual([])
      if (cookie) expect((await visit('/count', cookie)).text).toBe('1')
    }
  })

  it('that outlives the outer one has a session of its own, so that nothing is lost', async () => {
    const cookie = cookieOf(await visit('/later'))
    await afterwards?.()
    expect((await visit('/count', cookie)).text).toBe('1')
    await visit('/later', cookie)
    await afterwards?.()
    expect((await visit('/count', cookie)).text).toBe('3')
  })

  it('that ends the session, or gives it a new id, does so for the client', async () => {
    const cookie = cookieOf(await visit('/set'))
    const moved = await visit('/inner?path=/regenerate', cookie)
    expect(cookieOf(moved)).not.toBe(cookie)
    const ended = await visit('/inner?path=/destroy', cookieOf(moved))
    expect(ended.cookies).toEqual([expect.stringMatching(/^session=;.*Max-Age=0/)])
    expect(await sessions()).toBe(0)
  })

  it('that looks sees what is stored', async () => {
    const cookie = cookieOf(await visit('/add'))
    expect(JSON.parse((await visit('/inner?path=/stored', cookie)).text)).toMatchObject({ text: '1' })
  })
})

describe('an app that is not of Nitro', () => {
  it('makes no session of one request another one’s', async () => {
    const session = define(memoryStore())
    const app = new h3v2.H3({ silent: true })
    installSessions(app, { development: true })
    app.get('/add', async (event) => {
      const found = await useSession(event, session)
      found.update('count', (count) => count + 1)
    })
    app.get('/page', async () => app.request('/add', { headers: AGENT }))
    const reply = await direct(h3v2.toWebHandler(app)).get('/page', undefined, { headers: AGENT })
    expect(reply.cookies).toHaveLength(1)
  })
})

function cookieIn(event: object): { cookie?: string } {
  const { req, node } = event as { req?: { headers?: Headers }; node?: { req: { headers: { cookie?: string } } } }
  const cookie = node?.req ? node.req.headers.cookie : req?.headers?.get('cookie')
  return cookie ? { cookie } : {}
}

function pathOf(event: object): string {
  const { path, url } = event as { path?: string; url?: URL }
  return url ? `${url.pathname}${url.search}` : (path ?? '')
}
