import { checkValue } from '../../core/options/check.js'
import { text } from '../../core/options/rule.js'
import { TOKEN } from '../../core/token.js'
import type { Arrival } from './arrival.js'
import type { CookieAttributes, SessionCookie } from './cookie.js'

/** What a transport may see of a request, whatever the framework. */
export interface TransportRequest {
  /** The value of a request header, in any case of its name; undefined when it is absent. Cookie lines are joined with `; `. */
  header(name: string): string | undefined
  /** The method; whatever lacks it is taken for a GET. A function, so that nobody pays for what is asked only when a flash waits. */
  method?(): string | undefined
  /** What the app has said of the process: `installSessions(app, { development })`. Left out, NODE_ENV decides. */
  readonly development?: boolean | undefined
  /** How it came, as far as the edge can tell; for warnings alone. */
  arrival?(): Arrival | undefined
}

/** What a transport may do to a response, whatever the framework; also to an error response. */
export interface TransportResponse {
  /** Sets a header, in place of an earlier one of that name. */
  setHeader(name: string, value: string): void
  /** Adds a Set-Cookie line and removes an earlier one of the same cookie name. */
  setCookie(name: string, line: string): void
}

/** How the client is to keep its id. */
export interface IdLifetime {
  /** Seconds the client may keep it over a restart; undefined ends with the browser. */
  readonly maxAge: number | undefined
  /** What `setCookieOptions` has set for this session alone. */
  readonly cookie?: CookieAttributes | undefined
}

/** How a session id reaches the client and comes back: a cookie by default, a header where an app says so. */
export interface SessionTransport {
  /** The id of a request, or several candidates, best first; undefined for none. They are untrusted text. */
  read(request: TransportRequest): string | readonly string[] | undefined
  /** Gives the client an id. @param created false when the client has this id already and only its lifetime is renewed */
  write(response: TransportResponse, id: string, created: boolean, lifetime: IdLifetime): void
  /** `cookie` as in `write`: a removal repeats the attributes. */
  clear(response: TransportResponse, cookie?: CookieAttributes): void
  /** What it writes to, `header x-token` for example: definitions that share it would overwrite each other. @default itself */
  readonly carrier?: string
}

/** An answer that hands out a session id must not be kept by a cache (RFC 9111, section 7.3). */
export function cookieTransport(cookie: SessionCookie): SessionTransport {
  return {
    carrier: `cookie ${cookie.name}`,
    read: (request) => cookie.read(request.header('Cookie')),
    write(response, id, _created, { maxAge, cookie: own }) {
      response.setCookie(cookie.name, cookie.set(id, maxAge, own))
      response.setHeader('cache-control', 'no-store')
    },
    clear(response, own) {
      response.setCookie(cookie.name, cookie.clear(own))
      response.setHeader('cache-control', 'no-store')
    },
  }
}

const headerRule = text('the name of a header', (name) => TOKEN.test(name))

/**
 * Ids in a header of their own, for clients that keep no cookies. Such a client must keep the id where scripts
 * can read it, which they cannot with an HttpOnly cookie: prefer cookies in browsers.
 * @param name of the header, in requests and responses; an empty one tells the client that its session has ended
 */
export function headerTransport(name = 'session-id'): SessionTransport {
  checkValue('The argument of `headerTransport()`', headerRule, name)
  return {
    carrier: `header ${name.toLowerCase()}`,
    read: (request) => request.header(name),
    write(response, id) {
      response.setHeader(name, id)
      response.setHeader('cache-control', 'no-store')
    },
    clear: (response) => response.setHeader(name, ''),
  }
}

/** What a transport has read, as a list. */
export function candidatesOf(read: string | readonly string[] | undefined): readonly string[] {
  if (read === undefined || read === '') return []
  return typeof read === 'string' ? [read] : read
}
