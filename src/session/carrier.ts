import type { Keyring } from '../core/keyring.js'
import { say } from '../core/say.js'
import type { NoFlash, SessionSchema } from '../schema/types.js'
import { type Claimant, numberOf } from './claims.js'
import type { Settings } from './definition/settings.js'
import { type CookieAttributes, createSessionCookie, type SessionCookie } from './transport/cookie.js'
import { createMode, type Mode } from './transport/mode.js'
import { signedTransport, unsignedTransport } from './transport/signing.js'
import { cookieTransport, type SessionTransport, type TransportRequest } from './transport/transport.js'

/** How the ids of one definition travel, in one mode of the process. */
export interface Carrier {
  readonly transport: SessionTransport
  readonly claimant: Claimant
  /** An id has gone out in answer to this request. */
  sent(request: TransportRequest): void
}

export interface Carriers {
  readonly mode: Mode
  readonly persistent: boolean
  /** @throws SessionConfigError for attributes that a cookie of this definition cannot have, in whichever mode */
  check(own: CookieAttributes): void
  of(request: TransportRequest): Carrier
}

/**
 * @param family the same for a definition and its `with` copies
 * @throws SessionConfigError for cookie options that contradict each other
 */
export function createCarriers<F extends SessionSchema | NoFlash>(
  settings: Settings<F>,
  { keys, keyring, family }: { keys: () => readonly string[]; keyring: () => Keyring; family: object },
): Carriers {
  const { name, signIds, store, clock } = settings
  const label = () => `\`${name}\` (${[...keys().slice(0, 3), ...(keys().length > 3 ? ['...'] : [])].join(', ')})`
  const records = store === undefined ? undefined : `store and name ${name}#${numberOf(store)}`

  function createCarrier(cookie: SessionCookie, development: boolean): Carrier {
    const plain = settings.transport ?? cookieTransport(cookie)
    const carrier = plain.carrier ?? `transport #${numberOf(plain)}`
    const place = settings.transport ? carrier : `cookie ${cookie.identity}`
    return {
      transport: signIds ? signedTransport(plain, name, keyring, signIds, clock) : unsignedTransport(plain),
      claimant: { family, label, development, carrier, place, records },
      sent: settings.transport ? () => {} : (request) => warn(name, cookie, request),
    }
  }

  const mode = createMode()
  const cookie = createSessionCookie(name, settings.cookie ?? {}, true)
  const production = createCarrier(cookie, false)
  const development = createCarrier(createSessionCookie(name, settings.cookie ?? {}, false), true)
  return {
    mode,
    persistent: cookie.persistent,
    check: (own) => cookie.check(own),
    of: (request) => (mode.of(request.development) ? development : production),
  }
}

/** What a browser would drop, or keep where others could read it. */
function warn(session: string, { name, secure }: SessionCookie, request: TransportRequest): void {
  const arrival = request.arrival?.()
  if (secure && arrival === 'http')
    say(
      `cookie \`${name}\` of session \`${session}\` is Secure, and this request seems to have come over plain http to a host that is not localhost, where browsers drop it. Serve https; on a developer's machine set NODE_ENV=development. Behind a proxy that ends TLS let it send X-Forwarded-Proto.`,
    )
  if (!secure && arrival === 'https')
    say(
      `cookie \`${name}\` of session \`${session}\` went out over https without Secure, because of NODE_ENV, \`development\` of installSessions, or \`cookie.secure\`. For a site that others use leave all three out.`,
    )
}
