import { SessionConfigError, UnreadableRecordError } from '../core/errors.js'
import type { Carrier } from './carrier.js'
import type { DefinitionRuntime } from './definition/runtime.js'
import type { SessionRecords } from './record/records.js'
import { announceTo, clearSite, lifetimeFor } from './request/announce.js'
import type { UnitOfWork } from './request/unit-of-work.js'
import type { Held } from './sealed/held.js'
import { Jar } from './sealed/jar.js'
import type { SealedSessions } from './sealed/parts.js'
import { type Line, NOTHING, type SealedCookie, send } from './sealed/sealed-cookie.js'
import { attributesFromText } from './transport/cookie-attributes.js'
import { candidatesOf, type TransportRequest, type TransportResponse } from './transport/transport.js'

/** What a request brings of a definition, and how it is answered. */
export interface Visit {
  /** The definition, with the records that this request sees. */
  readonly runtime: DefinitionRuntime
  /** Candidates for ids, unchecked. */
  readonly ids: readonly string[]
  /** @returns true when a cookie, or an id, has gone out */
  announce(unit: UnitOfWork, response: TransportResponse): boolean
  /** @throws SessionConfigError where no other request could hear of a lock */
  assertLockable(): void
}

/** A visit with an id, whose session lives in a store. */
export function visitWithId(runtime: DefinitionRuntime, { transport }: Carrier, request: TransportRequest | undefined) {
  return {
    runtime,
    ids: request ? candidatesOf(transport.read(request)) : NONE,
    announce: (unit: UnitOfWork, response: TransportResponse) => announceTo(unit, transport, response),
    assertLockable() {},
  } satisfies Visit
}

/** A visit with the session itself. */
export function visitWithSession(
  runtime: DefinitionRuntime,
  sessions: SealedSessions,
  cookie: SealedCookie,
  request: TransportRequest | undefined,
): Visit {
  const brought = request ? cookie.read(request.header('Cookie')) : NOTHING
  const jar = new Jar(sessions, brought.opened)
  if (brought.unreadable > 0) reportUnreadable(runtime)
  let sent: { readonly held: Held; readonly lines: readonly Line[] } | undefined
  return {
    runtime: withRecords(runtime, jar),
    ids: brought.opened.map(({ id }) => id),
    announce(unit, response) {
      const { announcement, stored, phase, id } = unit
      if (announcement === 'clear') {
        cookie.clear(response, attributesFromText(stored?.contents.cookie), brought)
        clearSite(unit, response)
      }
      const held = stored && id !== undefined && phase !== 'gone' && phase !== 'destroyed' && jar.heldOf(stored.key)
      if (!held || !(held.isNews || announcement === 'created' || announcement === 'renewed')) return false
      // What is said again is the same.
      if (sent?.held !== held) sent = { held, lines: cookie.linesFor(held, id, lifetimeFor(unit, stored), brought) }
      send(response, sent.lines)
      return true
    },
    assertLockable() {
      if (sessions.shared) return
      throw new SessionConfigError(
        `Session \`${sessions.name}\` lives in its cookie, so no other request could hear of a lock. Give cookieStore() a store (\`revocations\` or \`overflow\`), or use another store.`,
      )
    },
  }
}

const NONE: readonly string[] = []

/** By inheritance: a copy of all fields for each request costs a tenth of a read. */
function withRecords(runtime: DefinitionRuntime, jar: Jar): DefinitionRuntime {
  const records = Object.create(runtime.records) as { store: () => Jar } & SessionRecords
  records.store = () => jar
  const own = Object.create(runtime) as { records: SessionRecords } & DefinitionRuntime
  own.records = records
  return own
}

/** Somebody has changed it, or its secret is gone: the request goes on without it. */
function reportUnreadable({ name, records }: DefinitionRuntime): void {
  records.emit('invalid', undefined, {
    keys: [],
    error: new UnreadableRecordError(
      `A cookie of session \`${name}\` does not open: it was changed or made elsewhere, or its secret is gone.`,
    ),
  })
}
