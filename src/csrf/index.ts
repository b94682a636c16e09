import { CsrfError } from '../core/errors.js'
import { checkOptions } from '../core/options/check.js'
import { flag, fn, group, list, listener, text } from '../core/options/rule.js'
import { TOKEN } from '../core/token.js'
import { toHttpError } from '../h3/http-error.js'
import { type AnySession, csrfSeedOf, makeCsrfSeed } from '../session/handle/csrf-seed.js'
import { originOf } from './origin.js'
import { fieldOf, requestIn } from './source.js'
import { isToken, maskedToken } from './token.js'

export { CsrfError } from '../core/errors.js'

/** A session, of whichever definition. */
export type CsrfSession = AnySession

/** Options of `createCsrf`. `Source` is what an edge calls a request: an event, a `Request`, a context. */
export interface CsrfOptions<Source> {
  /** The session of a request: `(event) => useSession(event, appSession)`. */
  readonly session: (source: Source) => Promise<CsrfSession> | CsrfSession
  /** Other origins whose pages may send forms here, as `https://app.example.com`. @default none */
  readonly trustedOrigins?: readonly string[]
  /**
   * False checks only where a request comes from: a request whose browser says nothing about that passes. @default true: every
   * request that may change something brings a token as well
   */
  readonly tokens?: boolean
  /** The field of a form that holds the token. @default '_csrf' */
  readonly field?: string
  /** The header that holds it, for scripts. @default 'x-csrf-token' */
  readonly header?: string
  /** The token of a request, where it is in neither. With h3 v1: `async (event) => (await readBody(event))._csrf`. @default none */
  readonly readToken?: (source: Source) => unknown
  /** Which form a request has sent, where forms have tokens of their own. @default every form has the session's token */
  readonly form?: (source: Source) => string | undefined
}

/** What a call knows better than the options do. */
export interface CsrfCheck {
  /** The form that a token is for alone. @default what `form` of the options says */
  readonly form?: string | undefined
  /** The token, if the handler has it already. @default it is looked for in header and form */
  readonly token?: unknown
}

/** Protection of one app against requests that other sites make in its visitors' names. */
export interface Csrf<Source> {
  /** A token for a page that this request answers with. Each call gives another text. The first one of a session stores it. */
  token(source: Source, form?: string): Promise<string>
  /** The token as a hidden field, to stand in a `<form>`. */
  field(source: Source, form?: string): Promise<string>
  /** Lets a request pass that is safe, or comes from here with the token of its session. @throws CsrfError */
  verify(source: Source, check?: CsrfCheck): Promise<void>
  /** Only where a request comes from, whatever its method: for WebSockets. @throws CsrfError */
  verifyOrigin(source: Source): void
  /** `verify` as middleware of h3, Express, Koa, Hono, and as a hook of Fastify. */
  readonly middleware: CsrfMiddleware<Source>
}

/** Middleware in the forms that frameworks have. */
export interface CsrfMiddleware<Source> {
  /** Express and Fastify: nothing is returned, and the outcome travels by `next`. */
  (source: Source, response: unknown, next: (error?: never) => unknown): void
  /** H3, Koa and Hono: what the rest of the chain gives. */
  <Result>(source: Source, next: () => Result): Promise<Awaited<Result>>
  /** Handlers of h3 v1 that come first. */
  (source: Source): Promise<undefined>
}

/** Methods that change nothing (RFC 9110, section 9.2.1), in every app that keeps to it. */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])

const optionsRule = group<Omit<CsrfOptions<never>, never>>(
  {
    session: listener('a function that gives the session of a request'),
    trustedOrigins: list(
      'a list of origins, such as `https://app.example.com`',
      text('an origin, such as `https://app.example.com`', isOrigin),
    ),
    tokens: flag,
    field: text('the name of a form field', (name) => name !== ''),
    header: text('the name of a header', (name) => TOKEN.test(name)),
    readToken: listener('a function that gives the token of a request'),
    form: fn('a function that names the form of a request'),
  },
  {
    secret: 'leave it out, the token belongs to the session',
    cookie: 'leave it out, the token belongs to the session',
  },
  ['session'],
)

/**
 * Tokens bound to the session, and checks of `Sec-Fetch-Site` and `Origin`.
 *
 * ```ts
 * const csrf = createCsrf({ session: (event: H3Event) => useSession(event, appSession) })
 * app.use(csrf.middleware)
 * ```
 *
 * @throws SessionConfigError
 */
export function createCsrf<Source>(options: CsrfOptions<Source>): Csrf<Source> {
  checkOptions('createCsrf()', optionsRule, options)
  const { session, tokens = true, field = '_csrf', header = 'x-csrf-token' } = options
  const trusted = new Set((options.trustedOrigins ?? []).map((origin) => new URL(origin).origin))

  async function token(source: Source, form = ''): Promise<string> {
    return maskedToken(makeCsrfSeed(await session(source)), form)
  }

  async function verified(source: Source, check: CsrfCheck): Promise<void> {
    const request = requestIn(source)
    if (SAFE.has(request.method.toUpperCase())) return
    const origin = originOf(request, trusted)
    if (origin === 'foreign') throw foreign()
    if (!tokens) return
    const seed = csrfSeedOf(await session(source))
    const given =
      check.token ??
      request.header(header) ??
      (await options.readToken?.(source)) ??
      // Whoever has no token to bring does not make the server read a body.
      (seed === undefined ? undefined : await fieldOf(request, field).catch(() => undefined))
    const form = check.form ?? options.form?.(source) ?? ''
    if (seed !== undefined && isToken(given, seed, form)) return
    throw new CsrfError(
      given === undefined || given === null
        ? `The request brought no CSRF token. Put csrf.field() into the form, or csrf.token() into the header \`${header}\`.`
        : 'The CSRF token of the request is not one of its session: the page is older than the last login, or was made for somebody else, or for another form. Show the form again.',
    )
  }

  /** As the edge knows errors. */
  function thrown(source: Source, error: unknown): unknown {
    return requestIn(source).isEvent ? toHttpError(error) : error
  }

  async function verify(source: Source, check: CsrfCheck = {}): Promise<void> {
    try {
      await verified(source, check)
    } catch (error) {
      throw thrown(source, error)
    }
  }

  return Object.freeze({
    token,
    field: async (source: Source, form?: string) =>
      `<input type="hidden" name="${escaped(field)}" value="${await token(source, form)}">`,
    verify,
    verifyOrigin(source: Source) {
      if (originOf(requestIn(source), trusted) === 'foreign') throw thrown(source, foreign())
    },
    middleware: ((source: Source, ...rest: readonly unknown[]) => {
      const [second, third] = rest
      if (typeof third !== 'function')
        return verify(source).then(() => (typeof second === 'function' ? second() : undefined))
      // Without a promise: Fastify goes on both when `next` is called and when a promise is kept.
      verify(source).then(
        () => third(),
        (error: unknown) => third(error),
      )
      return undefined
    }) as CsrfMiddleware<Source>,
  })
}

function foreign(): CsrfError {
  return new CsrfError(
    'The request comes from a page of another site, by its `Sec-Fetch-Site` or `Origin`. If that site is yours, list it in `trustedOrigins`.',
  )
}

function isOrigin(origin: string): boolean {
  try {
    return new URL(origin).origin === origin.toLowerCase()
  } catch {
    return false
  }
}

function escaped(name: string): string {
  return name.replace(/[&"<>]/g, (character) => `&#${character.charCodeAt(0)};`)
}
