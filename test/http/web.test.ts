import { afterEach, beforeEach, describe, expect, expectTypeOf, it, vi } from 'vitest'
import { headerTransport, SessionConflictError, StoreError } from '../../src/index.js'
import type { Session } from '../../src/session/handle/session.js'
import { memoryStore } from '../../src/stores/memory.js'
import { useReadonlySession, useSession, withSessions } from '../../src/web/index.js'
import { cookieOf, define, direct, type flash, type schema, watch } from './harness.js'

const SECRET = 'db-7.internal:5432'
const down = () => {
  throw new Error(SECRET)
}
const asked = (init: RequestInit = {}) => new Request('http://localhost/', init)
const logIn = async (request: Request, definition: ReturnType<typeof define>) =>
  (await useSession(request, definition)).set('user', 'ada')
const raise = (error: unknown): never => {
  throw error
}

let log: ReturnType<typeof vi.spyOn>
beforeEach(() => {
  log = vi.spyOn(console, 'error').mockImplementation(() => undefined)
})
afterEach(() => {
  vi.restoreAllMocks()
})

describe('a Response of the app is not changed, whatever it is', () => {
  const constant = new Response(null, { status: 404, headers: { 'x-own': '1' } })
  it.each<[string, () => Response | Promise<Response>, number]>([
    ['one that is sent again and again', () => constant, 404],
    ['an immutable one of fetch()', () => fetch('data:text/plain,hi'), 200],
    ['Response.redirect()', () => Response.redirect('http://localhost/x', 303), 303],
    ['one without a body', () => new Response(null, { status: 204 }), 204],
    ['one that was thrown', () => raise(new Response('x', { status: 418 })), 418],
  ])('%s', async (_, answer, status) => {
    const definition = define(memoryStore())
    const site = direct(withSessions(async (request: Request) => (await logIn(request, definition), answer())))
    const [one, two] = [await site.get('/'), await site.get('/')]
    for (const reply of [one, two]) {
      expect([reply.status, reply.cookies.length, reply.headers.get('vary')]).toEqual([status, 1, 'Cookie'])
    }
    expect(cookieOf(one)).not.toBe(cookieOf(two))
    expect(constant.headers.getSetCookie()).toEqual([])
  })

  it('one whose body was read is a 500, and nothing is stored', async () => {
    const { store, calls } = watch()
    const definition = define(store)
    const handle = withSessions(async (request: Request) => {
      await logIn(request, definition)
      const read = new Response('x')
      await read.text()
      return read
    })
    expect([(await direct(handle).get('/')).status, calls]).toEqual([500, []])
  })

  it('without a session it is the very object, also Response.error() and what a runtime makes of nothing', async () => {
    for (const answer of [constant, Response.error(), undefined]) {
      expect(await withSessions(() => answer)(asked())).toBe(answer)
    }
    const definition = define(memoryStore())
    const error = Response.error()
    const handle = withSessions(async (request: Request) => (await useSession(request, definition), error))
    expect(await handle(asked())).toBe(error)
  })
})

describe('an error', () => {
  const definition = define(memoryStore())

  it('of a request without a session is thrown on, whatever it is', async () => {
    for (const error of [new Error('x'), 'text', new StoreError('x')]) {
      await expect(withSessions(() => raise(error))(asked())).rejects.toBe(error)
    }
    expect(log).not.toHaveBeenCalled()
  })

  it.each<[string, unknown, number, object, boolean]>([
    ['of the app', new Error('a bug'), 500, { status: 500, message: 'Server Error' }, true],
    ['of the app, with a status', Object.assign(new Error('no'), { status: 404 }), 404, { status: 404 }, true],
    [
      'of a session',
      new SessionConflictError('changed by others'),
      409,
      { status: 409, message: 'changed by others', data: { code: 'ERR_SESSION_CONFLICT' } },
      false,
    ],
    [
      'of a store',
      new StoreError(SECRET),
      503,
      { message: expect.stringContaining('store failed'), data: { code: 'ERR_SESSION_STORE' } },
      false,
    ],
  ])(
    '%s is a page with status and code once a session was used; what is a mistake is logged',
    async (_, error, status, page, logged) => {
      const handle = withSessions(async (request: Request) => (await useSession(request, definition), raise(error)))
      const reply = await direct(handle).get('/')
      expect([reply.status, JSON.parse(reply.text), log.mock.calls.length]).toEqual([
        status,
        expect.objectContaining(page),
        logged ? 1 : 0,
      ])
      expect(reply.text).not.toContain(SECRET)
      expect(reply.headers.get('retry-after')).toBe(status === 503 ? '5' : null)
    },
  )

  it('carries the cookie of what was done at once: a new id, and the end of one', async () => {
    const site = direct(
      withSessions(async (request: Request) => {
        const session = await useSession(request, definition)
        if (request.url.endsWith('/in')) return (session.set('user', 'ada'), new Response('in'))
        if (request.url.endsWith('/renew')) await session.regenerate()
        else await session.destroy()
        return raise(new Error('x'))
      }),
    )
    const cookie = cookieOf(await site.get('/in'))
    const renewed = await site.get('/renew', cookie)
    expect([renewed.status, cookieOf(renewed) === cookie]).toEqual([500, false])
    const out = await site.get('/out', cookieOf(renewed))
    expect([out.status, out.cookies]).toEqual([500, [expect.stringMatching(/^session=; Max-Age=0;/)]])
  })

  it('goes to onError, thrown or of a commit, with a session or without; what that throws is logged', async () => {
    const watched = watch()
    watched.before = down
    const failing = define(watched.store)
    const heard: unknown[] = []
    const handle = (answer: (request: Request) => Promise<Response>, page: () => Response | undefined) =>
      direct(withSessions(answer, { onError: (error) => (heard.push(error), page()) }))
    const commits = async (request: Request) => (await logIn(request, failing), new Response('ok'))
    const bug = new Error('x')
    const sorry = () => new Response('sorry', { status: 418 })
    const first = await handle(commits, sorry).get('/')
    expect([first.status, first.text, first.cookies, first.headers.get('vary')]).toEqual([418, 'sorry', [], 'Cookie'])
    expect((await handle(async () => raise(bug), sorry).get('/')).status).toBe(418)
    expect(heard).toEqual([expect.objectContaining({ code: 'ERR_SESSION_STORE', status: 503 }), bug])
    expect(log).not.toHaveBeenCalled()
    expect((await handle(commits, () => raise(bug)).get('/')).status).toBe(503)
    expect(log).toHaveBeenCalledExactlyOnceWith(bug)
    expect((await handle(commits, () => undefined).get('/')).status).toBe(503)
  })
})

describe('the request of a WebSocket', () => {
  it('has a session that is only read, and its answer is passed on as it is', async () => {
    const { store, calls } = watch()
    const definition = define(store)
    const codes: unknown[] = []
    const made = new Response(null)
    const handle = withSessions(async (request: Request) => {
      const session = await useSession(request, definition)
      if (request.headers.has('upgrade')) {
        try {
          session.set('a', 1)
        } catch (error) {
          codes.push((error as { code: string }).code, session.get('user'))
        }
        await session.save().catch((error: { code: string }) => codes.push(error.code))
      } else session.set('user', 'ada')
      return made
    })
    const cookie = cookieOf(await direct(handle).get('/'))
    calls.length = 0
    const answer = await handle(asked({ headers: { upgrade: 'WebSocket', cookie } }))
    expect([answer === made, codes, calls]).toEqual([
      true,
      ['ERR_SESSION_READONLY', 'ada', 'ERR_SESSION_READONLY'],
      ['read'],
    ])
  })

  it('needs no handler for useReadonlySession', async () => {
    expect((await useReadonlySession(asked(), define(memoryStore()))).isNew).toBe(true)
  })
})

describe('withSessions', () => {
  it('passes further arguments on, and keeps the type of what the handler takes', async () => {
    const handle = withSessions(
      (request: Request, env: { readonly name: string }, n: number) =>
        new Response(`${request.method} ${env.name} ${n}`),
    )
    expectTypeOf(handle).parameters.toEqualTypeOf<[Request, { readonly name: string }, number]>()
    expect(await (await handle(asked(), { name: 'x' }, 7)).text()).toBe('GET x 7')
    const open = () => useSession(asked(), define(memoryStore()))
    expectTypeOf(open).returns.resolves.toEqualTypeOf<Session<typeof schema, typeof flash>>()
  })

  it('in withSessions is one request with one commit; a Request that is answered again is a new one', async () => {
    const { store, calls } = watch()
    const definition = define(store)
    const inner = withSessions(async (request: Request) => (await logIn(request, definition), new Response('ok')))
    const outer = withSessions(async (request: Request) => {
      ;(await useSession(request, definition)).set('a', 1)
      return inner(request)
    })
    const request = asked()
    for (let time = 1; time <= 2; time++) {
      expect((await outer(request)).headers.getSetCookie()).toHaveLength(1)
      expect(calls).toHaveLength(time)
    }
  })

  it('puts a taken flash back when the client has gone before the answer', async () => {
    const definition = define(memoryStore())
    const leaving = new AbortController()
    const site = direct(
      withSessions(async (request: Request) => {
        const session = await useSession(request, definition)
        if (request.url.endsWith('/make')) session.flash.set('notice', 'saved')
        else if (request.url.endsWith('/gone')) leaving.abort()
        return new Response((await (request.url.endsWith('/make') ? '' : session.flash.take('notice'))) ?? 'none')
      }),
    )
    const cookie = cookieOf(await site.get('/make'))
    await site.get('/gone', cookie, { signal: leaving.signal }).catch(() => undefined)
    expect([(await site.get('/see', cookie)).text, (await site.get('/see', cookie)).text]).toEqual(['saved', 'none'])
  })

  it('says Vary for the header of the transport, and takes `development` as it is told', async () => {
    const byHeader = define(memoryStore(), { transport: headerTransport() })
    const handle = withSessions(async (request: Request) => (await logIn(request, byHeader), new Response('ok')))
    expect((await direct(handle).get('/')).headers.get('vary')).toBe('session-id')
    for (const development of [true, false]) {
      const definition = define(memoryStore(), { cookie: {} })
      const told = withSessions(async (request: Request) => (await logIn(request, definition), new Response('ok')), {
        development,
      })
      expect((await direct(told).get('/')).cookies[0]?.startsWith('__Host-')).toBe(!development)
    }
  })

  it.each<[string, unknown, unknown, string]>([
    ['no handler', undefined, undefined, 'needs a function'],
    ['an app', { fetch() {} }, undefined, 'app.fetch(request)'],
    ['an unknown option', () => undefined, { onerror: () => undefined }, 'onError'],
  ])('%s is refused', (_, handler, options, says) => {
    expect(() => withSessions(handler as never, options as never)).toThrow(
      expect.objectContaining({ code: 'ERR_SESSION_CONFIG', message: expect.stringContaining(says) }),
    )
  })
})

describe('a wrong call is one sentence with a code', () => {
  const definition = define(memoryStore())
  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'undefined'],
    ['the context of Hono', { req: { raw: asked() } }, 'c.req.raw'],
    ['an event of SvelteKit', { request: asked() }, '`request`'],
    ['an event of h3 2', { req: asked() }, 'event.req'],
    ['a request of node', { headers: {} }, 'zession/node'],
  ])('useSession(%s)', async (_, wrong, says) => {
    for (const use of [useSession, useReadonlySession]) {
      await expect(use(wrong as never, definition)).rejects.toMatchObject({
        code: 'ERR_SESSION_CONFIG',
        message: expect.stringContaining(says),
      })
    }
  })

  it('useSession(request, what is no definition)', async () => {
    await expect(useSession(asked(), {} as never)).rejects.toMatchObject({ code: 'ERR_SESSION_CONFIG' })
  })

  it('a request that no handler has, or a copy of one, has no session to write; two copies of the library are named', async () => {
    await expect(useSession(asked(), definition)).rejects.toMatchObject({
      code: 'ERR_SESSION_NOT_INSTALLED',
      message: expect.stringContaining('withSessions(handler)'),
    })
    for (const copy of [(request: Request) => request.clone(), (request: Request) => new Request(request)]) {
      const handle = withSessions(async (request: Request) => {
        const code = await useSession(copy(request), definition).catch((error: { code: string }) => error.code)
        return new Response(String(code))
      })
      expect((await direct(handle).get('/')).text).toBe('ERR_SESSION_NOT_INSTALLED')
    }
    vi.resetModules()
    const other = await import('../../src/web/index.js')
    const there = withSessions(
      async (request: Request) =>
        new Response((await other.useSession(request, definition).catch((error: Error) => error.message)) as string),
    )
    expect((await direct(there).get('/')).text).toContain('two copies')
  })
})
