import { parseCookie, serializeCookie } from 'cookie-es'
import { SessionConfigError } from '../core/errors.js'

/** How the session id travels in a cookie. */
export interface CookieOptions {
  /** The name without prefix. @default the name of the definition */
  readonly name?: string
  /** `'host'` adds `__Host-`, `'secure'` adds `__Secure-` (for a `domain` or another `path`). @default 'host', `'none'` when not secure */
  readonly prefix?: 'host' | 'secure' | 'none'
  /** @default '/' */
  readonly path?: string
  /** Left out, the cookie belongs to this host alone. @default none */
  readonly domain?: string
  /** @default 'lax' */
  readonly sameSite?: 'lax' | 'strict' | 'none'
  /** False is for plain http in development: the name then carries no prefix. @default `NODE_ENV === 'production'` */
  readonly secure?: boolean
  /** @default true */
  readonly httpOnly?: boolean
  /** A separate cookie jar per top-level site (CHIPS), for embedded apps. @default false */
  readonly partitioned?: boolean
  /** Sends Max-Age, so that the browser keeps the cookie when it closes. @default false */
  readonly persistent?: boolean
}

/** What one session may have otherwise than its definition says. A name, `secure` and `httpOnly` it may not. */
export type CookieAttributes = Pick<CookieOptions, 'sameSite' | 'domain' | 'path' | 'partitioned'>

/** Cookie handling of one definition: everything is decided by configuration, nothing by the request. */
export interface SessionCookie {
  /** With prefix, as the browser sees it. */
  readonly name: string
  readonly secure: boolean
  readonly persistent: boolean
  /** All values sent under the name, in order: several may come (C-9). */
  read(header: string | undefined): readonly string[]
  /** A Set-Cookie value. `maxAge` in seconds; left out, the cookie ends with the browser. */
  set(id: string, maxAge: number | undefined, own?: CookieAttributes): string
  /** A Set-Cookie value that removes the cookie: it repeats the attributes (CS-19, C-13). */
  clear(own?: CookieAttributes): string
  /** @throws SessionConfigError when browsers would drop a cookie of this definition with these attributes */
  check(own: CookieAttributes): void
}

/** RFC 6265bis section 5.5: browsers cut longer lifetimes to this. In seconds. */
export const MAX_COOKIE_AGE = 400 * 24 * 3600

const COOKIE_NAME = /^[\w!#$%&'*+.^`|~-]+$/
const ATTRIBUTE_VALUE = /^[\x20-\x3A\x3C-\x7E]+$/
const PREFIXES = { host: '__Host-', secure: '__Secure-', none: '' } as const

export function createSessionCookie(session: string, options: CookieOptions, production: boolean): SessionCookie {
  const {
    name = session,
    path = '/',
    domain,
    sameSite = 'lax',
    httpOnly = true,
    partitioned = false,
    persistent = false,
  } = options
  const secure = options.secure ?? production
  const prefix = options.prefix ?? (secure ? 'host' : 'none')
  const problemWith = (own: CookieAttributes) =>
    findProblem({ name, path, domain, sameSite, partitioned, ...own, secure, prefix })

  function check(own: CookieAttributes): void {
    const problem = problemWith(own)
    if (problem) throw new SessionConfigError(`Cookie of session \`${session}\`: ${problem}`)
  }

  check({})

  const fullName = PREFIXES[prefix] + name
  const attributes = {
    path,
    sameSite,
    secure,
    httpOnly,
    partitioned,
    ...(domain === undefined ? {} : { domain }),
    encode: (value: string) => value,
  }

  /** A session may be older than the deploy that changed its definition: what does not fit any more is left out. */
  const attributesOf = (own: CookieAttributes | undefined) =>
    own === undefined || problemWith(own) ? attributes : { ...attributes, ...own }

  return {
    name: fullName,
    secure,
    persistent,
    check,
    read(header) {
      if (!header?.includes(fullName)) return []
      const found = parseCookie(header, {
        allowMultiple: true,
        filter: (key: string) => key === fullName,
        decode: (value: string) => value,
      })[fullName]
      return found === undefined ? [] : [...new Set(Array.isArray(found) ? found : [found])]
    },
    set(id, maxAge, own) {
      const all = attributesOf(own)
      return serializeCookie(
        fullName,
        id,
        maxAge === undefined ? all : { ...all, maxAge: Math.min(maxAge, MAX_COOKIE_AGE) },
      )
    },
    clear: (own) => serializeCookie(fullName, '', { ...attributesOf(own), maxAge: 0, expires: new Date(0) }),
  }
}

interface Checked {
  name: string
  path: unknown
  domain: unknown
  sameSite: unknown
  partitioned: unknown
  secure: boolean
  prefix: 'host' | 'secure' | 'none'
}

function findProblem({ name, path, domain, sameSite, partitioned, secure, prefix }: Checked): string | undefined {
  if (!COOKIE_NAME.test(name)) return `invalid character in cookie name \`${name}\`; letters, digits, - and _ are safe.`
  if (typeof path !== 'string' || !path.startsWith('/') || !ATTRIBUTE_VALUE.test(path))
    return '`path` must start with / and hold no semicolon or control character.'
  if (domain !== undefined && (typeof domain !== 'string' || !ATTRIBUTE_VALUE.test(domain)))
    return '`domain` holds a semicolon or control character.'
  if (prefix !== 'none' && !secure)
    return `prefix \`${prefix}\` needs \`secure: true\`; browsers drop the cookie otherwise.`
  if (prefix === 'host' && (path !== '/' || domain !== undefined))
    return "the __Host- prefix allows no `domain` and only path '/'. Set `prefix: 'secure'` to use them."
  if (sameSite !== 'lax' && sameSite !== 'strict' && sameSite !== 'none')
    return "`sameSite` is 'lax', 'strict' or 'none'."
  if (sameSite === 'none' && !secure)
    return "`sameSite: 'none'` needs `secure: true`; browsers drop the cookie otherwise."
  if (partitioned && !secure) return '`partitioned` needs `secure: true`; browsers ignore it otherwise.'
  return problemOfWriter(PREFIXES[prefix] + name, { path, domain, secure })
}

/** What the writer of cookies refuses, it must not refuse when a session is stored already. */
function problemOfWriter(
  fullName: string,
  { domain, ...rest }: { readonly path: string; readonly domain: string | undefined; readonly secure: boolean },
): string | undefined {
  try {
    serializeCookie(fullName, '', { ...rest, ...(domain === undefined ? {} : { domain }) })
    return undefined
  } catch {
    return `browsers drop a cookie with this combination of name, \`path\` and \`domain\`. A domain is a host name without a port, and a name must not begin with the prefix.`
  }
}
