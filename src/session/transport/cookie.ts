import { parseCookie, serializeCookie } from 'cookie-es'
import { SessionConfigError } from '../../core/errors.js'
import { TOKEN } from '../../core/token.js'

/** How the session id travels in a cookie. One literal works in development and in production. */
export interface CookieOptions {
  /** The name without prefix. @default the name of the definition */
  readonly name?: string
  /**
   * `'host'` adds `__Host-`, `'secure'` adds `__Secure-`. `'http'` adds `__Http-` and `'host-http'` adds `__Host-Http-`: browsers that
   * know them take such a cookie from servers alone, never from a script; to others they are part of the name.
   * @default 'host', 'secure' with a `domain` or another `path`, 'none' with `secure: false`
   */
  readonly prefix?: CookiePrefix
  /** The part of the site that it is sent to. @default '/' */
  readonly path?: string
  /** Left out, the cookie belongs to this host alone. @default none */
  readonly domain?: string
  /**
   * Which requests of other sites carry it: `lax` links alone, `strict` none, `none` all.
   * See [MDN](https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Set-Cookie#samesitesamesite-value). @default 'lax'
   */
  readonly sameSite?: 'lax' | 'strict' | 'none'
  /**
   * Left out, it is true, and in development false: there prefix, Secure, Partitioned and `domain` go, and SameSite=None becomes
   * Lax, because plain http could not keep them. True or false holds everywhere, and changes nothing else. @default true
   */
  readonly secure?: boolean
  /** Keeps it from scripts of the page, so that a script that got in cannot copy it. @default true */
  readonly httpOnly?: boolean
  /** A separate cookie jar per top-level site (CHIPS), for embedded apps. @default false */
  readonly partitioned?: boolean
  /**
   * For an app in a frame of other sites: `sameSite: 'none'` and `partitioned: true`, unless they are given. Each site that embeds it
   * has a session of its own. @default false
   */
  readonly embed?: boolean
  /** Sends Max-Age, so that the browser keeps the cookie when it closes. @default false */
  readonly persistent?: boolean
}

/** What a cookie's name may begin with. */
export type CookiePrefix = 'host' | 'secure' | 'http' | 'host-http' | 'none'

/** What one session may have otherwise than its definition says. A name, `secure` and `httpOnly` it may not. */
export type CookieAttributes = Pick<CookieOptions, 'sameSite' | 'domain' | 'path' | 'partitioned'>

/** Cookie handling of one definition in one mode: everything is decided by configuration, nothing by the request. */
export interface SessionCookie {
  /** With prefix, as the browser sees it. */
  readonly name: string
  readonly secure: boolean
  readonly persistent: boolean
  /** What makes it a cookie of its own in a browser: name, domain and path. */
  readonly identity: string
  /** All values sent under the name, in order: several may come, as cookies of other paths and domains do (RFC 6265, section 5.4). */
  read(header: string | undefined): readonly string[]
  /** A Set-Cookie value. `maxAge` in seconds; left out, the cookie ends with the browser. */
  set(id: string, maxAge: number | undefined, own?: CookieAttributes): string
  /** A Set-Cookie value that removes the cookie: it repeats the attributes, without which browsers keep the cookie. */
  clear(own?: CookieAttributes): string
  /** @throws SessionConfigError when browsers would drop a cookie of this definition with these attributes */
  check(own: CookieAttributes): void
}

/** RFC 6265bis section 5.5: browsers cut longer lifetimes to this. In seconds. */
export const MAX_COOKIE_AGE = 400 * 24 * 3600

/** Browsers take what begins so for a promise about the cookie, so only `prefix` may put it there. */
export const COOKIE_PREFIX = /^__(?:host|secure|http)-/i
const ATTRIBUTE_VALUE = /^[\x20-\x3A\x3C-\x7E]+$/
const PREFIXES: Readonly<Record<CookiePrefix, string>> = {
  host: '__Host-',
  secure: '__Secure-',
  http: '__Http-',
  'host-http': '__Host-Http-',
  none: '',
}

/** @throws SessionConfigError for what production could not send, in development too */
export function createSessionCookie(session: string, options: CookieOptions, production: boolean): SessionCookie {
  const {
    name = session,
    path = '/',
    domain,
    embed = false,
    sameSite = embed ? 'none' : 'lax',
    secure = true,
    httpOnly = true,
    partitioned = embed,
    persistent = false,
  } = options
  const prefix = options.prefix ?? defaultPrefix({ secure, path, domain })
  const problemWith = (own: CookieAttributes) =>
    findProblem({ name, path, domain, sameSite, partitioned, ...own, secure, httpOnly, prefix })

  function check(own: CookieAttributes): void {
    const problem = problemWith(own)
    if (problem) throw new SessionConfigError(`Cookie of session \`${session}\`: ${problem}`)
  }

  check({})

  const inForce = production || options.secure !== undefined ? (all: Attributes) => all : relaxed
  const fullName = production || options.secure !== undefined ? PREFIXES[prefix] + name : name
  const declared: Attributes = {
    path,
    sameSite,
    secure,
    httpOnly,
    partitioned,
    ...(domain === undefined ? {} : { domain }),
    encode: (value) => value,
  }
  const attributes = inForce(declared)

  /** A session may be older than the deploy that changed its definition: what does not fit any more is left out. */
  const attributesOf = (own: CookieAttributes | undefined) =>
    own === undefined || problemWith(own) ? attributes : inForce({ ...declared, ...own })

  return {
    name: fullName,
    secure: attributes.secure,
    persistent,
    identity: [fullName, attributes.domain?.toLowerCase() ?? '', path].join(';'),
    check,
    read(header) {
      if (!header?.includes(fullName)) return []
      const found = parseCookie(header, {
        allowMultiple: true,
        filter: (key: string) => key === fullName,
        decode: unquoted,
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

interface Attributes {
  readonly path: string
  readonly sameSite: 'lax' | 'strict' | 'none'
  readonly secure: boolean
  readonly httpOnly: boolean
  readonly partitioned: boolean
  readonly domain?: string
  readonly encode: (value: string) => string
}

/** What `__Host-` forbids, `__Secure-` allows. */
function defaultPrefix({ secure, path, domain }: { secure: boolean; path: string; domain: string | undefined }) {
  if (!secure) return 'none'
  return path === '/' && domain === undefined ? 'host' : 'secure'
}

/** What a browser keeps from a server at plain http://localhost, which no `domain` of production covers. */
function relaxed(attributes: Attributes): Attributes {
  const { domain: _, sameSite, ...rest } = attributes
  return { ...rest, secure: false, partitioned: false, sameSite: sameSite === 'none' ? 'lax' : sameSite }
}

/** RFC 6265 4.1.1: a value may stand in double quotes. */
export function unquoted(value: string): string {
  return value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value
}

interface Checked {
  name: string
  path: unknown
  domain: unknown
  sameSite: unknown
  partitioned: unknown
  secure: boolean
  httpOnly: boolean
  prefix: CookiePrefix
}

function findProblem({
  name,
  path,
  domain,
  sameSite,
  partitioned,
  secure,
  httpOnly,
  prefix,
}: Checked): string | undefined {
  if (!TOKEN.test(name)) return `invalid character in cookie name \`${name}\`; letters, digits, - and _ are safe.`
  if (COOKIE_PREFIX.test(name))
    return `the name \`${name}\` begins with a prefix that browsers know. Leave it out: \`prefix\` adds it where it can be kept.`
  if (typeof path !== 'string' || !path.startsWith('/') || !ATTRIBUTE_VALUE.test(path))
    return '`path` must start with / and hold no semicolon or control character.'
  if (domain !== undefined && (typeof domain !== 'string' || !ATTRIBUTE_VALUE.test(domain)))
    return '`domain` holds a semicolon or control character.'
  if (prefix !== 'none' && !secure)
    return `prefix \`${prefix}\` needs \`secure: true\`; browsers drop the cookie otherwise.`
  if ((prefix === 'http' || prefix === 'host-http') && !httpOnly)
    return `prefix \`${prefix}\` needs \`httpOnly: true\`; browsers that know it drop the cookie otherwise.`
  if ((prefix === 'host' || prefix === 'host-http') && (path !== '/' || domain !== undefined))
    return `the ${PREFIXES[prefix]} prefix allows no \`domain\` and only path '/'. Set \`prefix: '${prefix === 'host' ? 'secure' : 'http'}'\` to use them.`
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
    return `browsers drop a cookie with this combination of name, \`path\` and \`domain\`. A domain is a host name without a port.`
  }
}
