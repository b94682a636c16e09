import { clearTimeout, setTimeout } from 'node:timers'
import { parseCookie, parseSetCookie } from 'cookie-es'
import { SessionError } from '../core/errors.js'
import { checkOptions } from '../core/options/check.js'
import { flag, group, made, text, whole } from '../core/options/rule.js'
import { areTimersFaked, FAKE_LESS } from '../core/timers.js'
import { type Managed, RequestSessions } from '../edge/request-sessions.js'
import type { EdgeResponse } from '../edge/response.js'
import type { UseOptions } from '../edge/use-options.js'
import type { NoFlash, SessionSchema } from '../schema/types.js'
import type { Session } from '../session/handle/session.js'

/** What a response did to the client. */
export interface TestResponse<T> {
  /** What the handler returned. */
  readonly value: T
  /** The Set-Cookie lines, in order. */
  readonly setCookies: readonly string[]
  /** The other headers that were set, by lower-case name: `cache-control`, or that of a header transport. */
  readonly headers: Readonly<Record<string, string>>
}

/** What one request of a test client is like. */
export interface TestRequest {
  /** The final status of the response; from 500 on, changes are dropped. @default 200 */
  readonly status?: number
  /** The Cookie header, instead of what the client holds. @default `cookie` of the client */
  readonly cookie?: string
  /** Other request headers, by lower-case name. @default {} */
  readonly headers?: Readonly<Record<string, string>>
  /** The method; HEAD takes no flash. @default 'GET' */
  readonly method?: string
}

/** Options of `createTestClient`. */
export interface TestClientOptions {
  /** The Cookie header that it holds at first. @default none */
  readonly cookie?: string
  /** As for `installSessions`: false shows the cookies of production. @default `NODE_ENV` is `development` or `test` */
  readonly development?: boolean | undefined
}

export const clientRule = group<TestClientOptions>({
  cookie: text('a Cookie header, such as `session=...`'),
  development: flag,
})
export const requestRule = group<TestRequest>({
  status: whole('numbers', 100, 999),
  cookie: text('a Cookie header, such as `session=...`'),
  headers: made('an object of headers by lower-case name', []),
  method: text('a method of HTTP, such as `GET`', (method) => /^[A-Za-z-]+$/.test(method)),
})

/** A browser without a network: it keeps cookies and runs handlers as requests of their own. */
export interface TestClient<S extends SessionSchema, F extends SessionSchema | NoFlash> {
  /** The Cookie header it would send. */
  cookie: string
  /** Loads the session, runs `handler`, commits by the status, or that of an error it throws, and keeps the cookies. `reopen` is `useSession` again, with its options. */
  request<T>(
    handler: (session: Session<S, F>, reopen: (options?: UseOptions) => Promise<Session<S, F>>) => T | Promise<T>,
    request?: TestRequest,
  ): Promise<TestResponse<T>>
}

/** A client for the sessions of one definition, for tests that need no HTTP. */
export function createTestClient<S extends SessionSchema, F extends SessionSchema | NoFlash>(
  definition: Managed<S, F>,
  options: TestClientOptions = {},
): TestClient<S, F> {
  checkOptions('createTestClient()', clientRule, options)
  const { development } = options
  const client: TestClient<S, F> = {
    cookie: options.cookie ?? '',
    async request(handler, given = {}) {
      checkOptions('request() of a test client', requestRule, given)
      const { status = 200, cookie = client.cookie, headers = {}, method = 'GET' } = given
      const sessions = new RequestSessions()
      const header = (name: string) =>
        name.toLowerCase() === 'cookie' ? cookie || undefined : headers[name.toLowerCase()]
      const reopen = (options?: UseOptions) =>
        sessions.use(definition, { header, method: () => method, development }, options)
      const response = createResponse()
      const commit = async (final: number) => {
        try {
          await sessions.commit(final, response)
        } finally {
          client.cookie = applyCookies(client.cookie, [...response.cookies.values()])
        }
      }
      const value = await ended(async () => {
        const answer = await handled(async () => handler(await reopen(), reopen), commit)
        await commit(status)
        return answer
      })
      return { value, setCookies: [...response.cookies.values()], headers: response.headers }
    },
  }
  return client
}

/** Less than test runners wait for a test, so that this message comes first. */
const PATIENCE_MS = 4000

/** Says why a request may never end: with faked timers nothing that waits for a while goes on. @throws SessionError */
function ended<T>(run: () => Promise<T>): Promise<T> {
  if (!areTimersFaked()) return run()
  return new Promise((resolve, reject) => {
    // Node's own, whatever a test has put in its place since.
    const late = setTimeout(() => {
      const message = `This request has not ended within ${PATIENCE_MS / 1000} s, and setTimeout is faked: a handler or a store may wait for a timer that nobody moves on. ${FAKE_LESS}`
      reject(new SessionError('ERR_SESSION_CONFIG', message))
    }, PATIENCE_MS)
    void run()
      .then(resolve, reject)
      .finally(() => clearTimeout(late))
  })
}

/** An error becomes the response, and the session is committed by its status. @throws what the handler threw */
async function handled<T>(run: () => Promise<T>, commit: (status: number) => Promise<void>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    const { status } = Object(error) as { readonly status?: unknown }
    await commit(typeof status === 'number' ? status : 500).catch(() => undefined)
    throw error
  }
}

function createResponse(): EdgeResponse & { cookies: Map<string, string>; headers: Record<string, string> } {
  const cookies = new Map<string, string>()
  const headers: Record<string, string> = {}
  return {
    cookies,
    headers,
    setCookie: (name, line) => void cookies.set(name, line),
    setHeader: (name, value) => void (headers[name] = value),
    setDefault: (name, value) => void (headers[name] ??= value),
    vary() {},
  }
}

function applyCookies(header: string, lines: readonly string[]): string {
  const jar = new Map(Object.entries(parseCookie(header)))
  for (const line of lines) {
    const cookie = parseSetCookie(line)
    if (!cookie) continue
    if (cookie.maxAge === 0) jar.delete(cookie.name)
    else jar.set(cookie.name, cookie.value)
  }
  return [...jar].map(([name, value]) => `${name}=${value ?? ''}`).join('; ')
}
