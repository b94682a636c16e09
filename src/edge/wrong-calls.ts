import { SessionError } from '../core/errors.js'
import { isObject } from '../core/value.js'
import { onlyOtherCopies } from './copies.js'

/** What every edge says of wrong calls, looked into only when the right one did not work. */

/** Headers of a web Request. */
export function isHeaders(headers: unknown): boolean {
  return isObject(headers) && typeof headers['get'] === 'function'
}

/** How an edge is called and installed, for the message. */
export interface Wiring {
  /** By which its copies are counted: `h3` */
  readonly edge: string
  /** `useSession(event, ...)` */
  readonly call: string
  /** `installSessions(app)` */
  readonly installer: string
  /** What to do where nothing was installed. */
  readonly remedy: string
}

/** The error for a session of a request whose sessions nobody would store. */
export function notInstalledError({ edge, call, installer, remedy }: Wiring): SessionError {
  return new SessionError(
    'ERR_SESSION_NOT_INSTALLED',
    onlyOtherCopies(edge)
      ? `${call} and ${installer} came from two copies of zession, which do not see each other. Make it one: \`npm ls zession\` lists them, and a bundler must not inline one and leave the other outside.`
      : `${call} found nothing that would store the session of this request. ${remedy}`,
  )
}
