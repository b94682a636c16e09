import { digestPrefix, type SessionId } from '../core/id.js'
import type { Keyring } from '../core/keyring.js'
import { say } from '../core/say.js'
import type { NoFlash, SessionSchema } from '../schema/types.js'
import type { StoreKey } from '../stores/port.js'
import { isSealedCarrier } from '../stores/sealed.js'
import { type Claimant, numberOf } from './claims.js'
import type { Settings } from './definition/settings.js'
import { SealedCookie } from './sealed/sealed-cookie.js'
import { type CookieAttributes, createSessionCookie, type SessionCookie } from './transport/cookie.js'
import { createMode, type Mode } from './transport/mode.js'
import { signedTransport, unsignedTransport } from './transport/signing.js'
import { cookieTransport, type SessionTransport, type TransportRequest } from './transport/transport.js'

/** How the ids of one definition travel, in one mode of the process. */
export interface Carrier {
  readonly transport: SessionTransport
  readonly claimant: Claimant
  /** The cookie that holds whole sessions, where the client keeps them. */
  readonly sealed: SealedCookie | undefined
  /** An id has gone out in answer to this request. */
  sent(request: TransportRequest): void
}

export interface Carriers {
  readonly mode: Mode
  readonly persistent: boolean
  /** @throws SessionConfigError for attributes that a cookie of this definition cannot have, in whichever mode */
  check(own: CookieAttributes): void
  of(request: TransportRequest): Carrier
  /** What production writes. */
  readonly production: Carrier
  /** The name of the cookie, as production writes it. */
  readonly cookieName: string
  /** Both that it may have. */
  readonly cookieNames: readonly string[]
}

/** What a definition and the cookies of its sessions have in common. */
export interface CarrierParts {
  /** The keys of its schema, for messages. */
  readonly keys: () => readonly string[]
  readonly keyring: () => Keyring
  /** The same for a definition and its `with` copies. */
  readonly family: object
  readonly keyOf: (id: SessionId) => StoreKey
  readonly accepts: (id: string) => id is SessionId
}

/** @throws SessionConfigError for cookie options that contradict each other */
export function createCarriers<F extends SessionSchema | NoFlash>(
  settings: Settings<F>,
  { keys, keyring, family, keyOf, accepts }: CarrierParts,
): Carriers {
  const { name, signIds, store, clock } = settings
  const label = () => `\`${name}\` (${[...keys().slice(0, 3), ...(keys().length > 3 ? ['...'] : [])].join(', ')})`
  const records =
    store === undefined || isSealedCarrier(store) ? undefined : `store and name ${name}#${numberOf(store)}`

  function createCarrier(cookie: SessionCookie, development: boolean): Carrier {
    const plain = settings.transport ?? cookieTransport(cookie)
    const carrier = plain.carrier ?? `transport #${numberOf(plain)}`
    const place = settings.transport ? carrier : `cookie ${cookie.identity}`
    return {
      transport: signIds ? signedTransport(plain, name, keyring, signIds, clock) : unsignedTransport(plain),
      claimant: { family, label, development, carrier, place, records },
      sealed: sealedCookie(cookie, !development),
      sent: settings.transport ? () => {} : (request) => warn(name, cookie, request),
    }
  }

  function sealedCookie(cookie: SessionCookie, production: boolean): SealedCookie | undefined {
    if (!isSealedCarrier<Keyring>(store)) return undefined
    const own = settings.secrets === undefined ? undefined : keyring
    const { name: plainName = name } = settings.cookie ?? {}
    return new SealedCookie({
      piece: (index) =>
        index === 0
          ? cookie
          : createSessionCookie(name, { ...settings.cookie, name: `${plainName}.${index}` }, production),
      seal: store.sealFor({ definition: name, cookie: cookie.name, keyring: own }),
      chunks: store.chunks,
      keyOf,
      accepts,
      subjectPrefix: digestPrefix(name, 'u1'),
    })
  }

  const mode = createMode()
  const cookie = createSessionCookie(name, settings.cookie ?? {}, true)
  const production = createCarrier(cookie, false)
  const relaxed = createSessionCookie(name, settings.cookie ?? {}, false)
  const development = createCarrier(relaxed, true)
  return {
    mode,
    persistent: cookie.persistent,
    check: (own) => cookie.check(own),
    of: (request) => (mode.of(request.development) ? development : production),
    production,
    cookieName: cookie.name,
    cookieNames: settings.transport ? [] : [cookie.name, relaxed.name],
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
