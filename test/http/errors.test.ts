import type { RequestListener } from 'node:http'
import * as h3v1 from 'h3'
import * as h3v2 from 'h3-v2'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  CodecError,
  MisdeployError,
  SessionConfigError,
  SessionConflictError,
  SessionError,
  SessionGoneError,
  SessionLimitError,
  SessionStaleError,
  SessionValidationError,
  SeveralSessionsError,
  StoreError,
} from '../../src/core/errors.js'
import { type H3EventLike, installSessions, useSession } from '../../src/h3/index.js'
import { requireRecent } from '../../src/index.js'
import { memoryStore } from '../../src/stores/memory.js'
import { define, overNode, type Site, watch } from './harness.js'

const SECRET = 'db-7.internal:5432'
const outage = new StoreError(`connect ECONNREFUSED ${SECRET}`, { cause: new Error(SECRET) })

/** Every status that an error of a session has; `mistake` where the app or its deploy is wrong, and h3 logs it. */
const errors: readonly { readonly error: SessionError; readonly mistake?: boolean; readonly hidden?: boolean }[] = [
  { error: new SessionStaleError('log in again', 60) },
  { error: new SessionConflictError('changed by others') },
  { error: new SessionGoneError('ended elsewhere') },
  { error: new SessionLimitError('too many') },
  { error: new SessionError('ERR_SESSION_LIMIT', 'slow down', { status: 429 }) },
  { error: outage, hidden: true },
  { error: new StoreError(`late ${SECRET}`, { timeout: true }), hidden: true },
  { error: new SeveralSessionsError([outage, outage]) },
  { error: new MisdeployError('unknown codec'), mistake: true },
  { error: new SessionValidationError('not a number', []), mistake: true },
  { error: new CodecError('no functions', 'a'), mistake: true },
  { error: new SessionConfigError('wrong option'), mistake: true },
  { error: new SeveralSessionsError([outage, new CodecError('no functions', 'a')]), mistake: true },
]

type Handler = (event: H3EventLike) => unknown
type OnError = (error: Error, event: H3EventLike) => unknown

/** Apps as users make them, which log what h3 logs. */
const majors = {
  'h3 v1'(middleware: Handler, handler: Handler, onError?: OnError): Promise<Site> {
    const app = h3v1.createApp(onError ? { onError: (error, event) => onError(error, event) as never } : {})
    installSessions(app)
    const mounted = h3v1.createApp()
    mounted.use(h3v1.eventHandler((event) => handler(event) as never))
    app.use(h3v1.eventHandler((event) => middleware(event) as never))
    app.use('/mounted', mounted.handler)
    app.use(
      '/plain',
      h3v1.eventHandler((event) => handler(event) as never),
    )
    return overNode(h3v1.toNodeListener(app))
  },
  'h3 v2'(middleware: Handler, handler: Handler, onError?: OnError): Promise<Site> {
    const app = new h3v2.H3(onError ? { onError: (error, event) => onError(error, event) } : {})
    installSessions(app)
    app.use((event) => middleware(event))
    app.all('/plain', (event) => handler(event))
    app.mount(
      '/mounted',
      new h3v2.H3().all('/', (event) => handler(event)),
    )
    return overNode(h3v2.toNodeHandler(app) as RequestListener)
  },
}

const nothing = () => undefined

describe.each(Object.entries(majors))('%s: an error of a session is answered as an error of h3', (major, serve) => {
  let site: Site | undefined
  afterEach(async () => {
    vi.restoreAllMocks()
    await site?.close()
  })

  const silent = () => vi.spyOn(console, 'error').mockImplementation(nothing)

  describe.each(errors)('$error.name $error.code ($error.status)', ({ error, mistake = false, hidden = false }) => {
    const thrown = () => {
      throw error
    }
    it.each([
      ['thrown by a handler', '/plain', nothing, thrown],
      ['rejected by a handler', '/plain', nothing, () => Promise.reject(error)],
      ['returned by a handler', '/plain', nothing, () => error],
      ['thrown by middleware', '/plain', thrown, nothing],
      ['thrown in a mounted app', '/mounted', nothing, thrown],
    ] as const)('%s: status, code and message reach client and onError', async (_, path, middleware, handler) => {
      const log = silent()
      site = await serve(middleware, handler)
      const reply = await site.get(path)
      expect(reply.status).toBe(error.status)
      const page = JSON.parse(reply.text) as Record<string, unknown>
      expect(page['data']).toEqual({ code: error.code })
      // The pages of h3 1 never have a message.
      if (major === 'h3 v2') expect(page['message'] === error.message).toBe(!mistake && !hidden)
      expect(reply.text.includes(SECRET)).toBe(false)
      expect(log).toHaveBeenCalledTimes(mistake ? 1 : 0)
      await site.close()

      const heard: unknown[] = []
      site = await serve(middleware, handler, (seen) => {
        const { message, code, statusCode, status, unhandled, data, cause } = seen as unknown as Record<string, unknown>
        heard.push({ message, code, statusCode, status, unhandled: unhandled === true, data, cause })
      })
      await site.get(path)
      expect(heard).toEqual([
        {
          message: hidden ? 'The session store failed or did not answer in time.' : error.message,
          code: error.code,
          statusCode: error.status,
          status: error.status,
          unhandled: mistake,
          data: { code: error.code },
          cause: error,
        },
      ])
    })
  })

  it('of a commit: the code of an outage reaches client and onError, and nothing of its cause', async () => {
    const log = silent()
    const watched = watch()
    watched.before = () => {
      throw new Error(SECRET)
    }
    const definition = define(watched.store)
    const heard: unknown[] = []
    const handler: Handler = async (event) => {
      ;(await useSession(event, definition)).set('user', 'ada')
      return 'ok'
    }
    site = await serve(nothing, handler, (error) => void heard.push((error as { code?: string }).code))
    const reply = await site.get('/plain')
    expect([reply.status, (JSON.parse(reply.text) as { data: unknown }).data]).toEqual([
      503,
      { code: 'ERR_SESSION_STORE' },
    ])
    expect(reply.text.includes(SECRET)).toBe(false)
    expect([heard, log.mock.calls.length]).toEqual([['ERR_SESSION_STORE'], 0])
  })

  it('requireRecent and onLimit: refuse are answers, not bugs', async () => {
    const log = silent()
    const definition = define(memoryStore(), { subject: 'user', maxPerSubject: 1, onLimit: 'refuse' })
    site = await serve(nothing, async (event) => {
      const session = await useSession(event, definition)
      if (session.get('user') === 'ada') requireRecent(session, 0.000001)
      session.set('user', 'ada')
      return 'ok'
    })
    const cookie = (await site.get('/plain')).cookies[0]?.split(';')[0] ?? ''
    await new Promise((resolve) => setTimeout(resolve, 5))
    const stale = await site.get('/plain', cookie)
    const refused = await site.get('/plain')
    const codes = [stale, refused].map(({ status, text }) => [status, (JSON.parse(text) as { data: unknown }).data])
    expect(codes).toEqual([
      [401, { code: 'ERR_SESSION_STALE' }],
      [409, { code: 'ERR_SESSION_LIMIT' }],
    ])
    expect(log).not.toHaveBeenCalled()
  })

  it('what is no error of a session stays what it is', async () => {
    const log = silent()
    site = await serve(nothing, () => {
      throw new Error('a bug')
    })
    const reply = await site.get('/plain')
    expect([reply.status, reply.text.includes('a bug'), log.mock.calls.length]).toEqual([500, false, 1])
  })
})
