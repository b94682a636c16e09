import { SessionConfigError } from '../../core/errors.js'
import type { SessionStore } from '../../stores/port.js'
import type { SealedCarrier } from '../../stores/sealed.js'
import type { Contents } from '../record/contents.js'
import type { Budget } from '../record/format.js'
import type { SessionRecords } from '../record/records.js'
import type { SettledStore } from '../store/settled-store.js'
import { attributesFromText } from '../transport/cookie-attributes.js'
import { Jar } from './jar.js'
import type { SealedSessions } from './parts.js'
import { NO_EPOCHS, overheadOf } from './payload.js'
import { Revocations } from './revocations.js'
import type { SealedCookie } from './sealed-cookie.js'

interface Making {
  readonly carrier: SealedCarrier
  readonly records: Pick<SessionRecords, 'name' | 'clock' | 'keys'> & { readonly subjects: unknown }
  /** Of production, which has the longest name and the most attributes. */
  readonly cookie: () => SealedCookie
  readonly persistent: boolean
  /** Makes the calls of a store end in bounded time. */
  readonly settle: (store: SessionStore) => SettledStore
}

export function createSealedSessions({ carrier, records, cookie, persistent, settle }: Making): SealedSessions {
  const { name } = records
  const stores = new Map<SessionStore, SettledStore>()
  const settled = (store: SessionStore) => {
    const known = stores.get(store) ?? settle(store)
    stores.set(store, known)
    return known
  }
  const { overflow, revocations } = carrier
  let judge: Revocations | undefined
  const overhead = payloadOverhead(carrier, records.subjects !== undefined)

  return {
    name,
    now: () => records.clock(),
    isSession: (key) => records.keys.isSession(key),
    // An id of the app's own may be longer; such a session leaves its cookie a little later.
    fits: ({ bytes }) =>
      overflow === undefined || cookie().sizeOf(bytes.length + overhead, persistent, undefined) <= overflow.above,
    get overflow() {
      return overflow && settled(overflow.store)
    },
    get revocations() {
      if (revocations) judge ??= new Revocations(records, settled(revocations.store), revocations.lag)
      return judge
    },
    get shared() {
      const store = overflow?.store ?? revocations?.store
      return store && settled(store)
    },
    async collectGarbage(now, limit) {
      const both = [...new Set([overflow?.store, revocations?.store])].filter((store) => store !== undefined)
      const counts = await Promise.all(both.map((store) => settled(store).collectGarbage(now, limit)))
      return counts.reduce((sum, count) => sum + count, 0)
    },
    cannot: (what) =>
      new SessionConfigError(
        `Sessions \`${name}\` live in their cookies, so they cannot ${what}. Use another store for that.`,
      ),
    async close() {
      for (const store of stores.keys()) await store.close?.()
    },
  }
}

/** The records outside of any request: those of no client. */
export function outsideOf(sessions: SealedSessions): SettledStore {
  return new Jar(sessions, [])
}

/** What a record has to be to go into its cookies. */
export function cookieBudget(
  { carrier, records, cookie, persistent }: Omit<Making, 'settle'>,
  fullName: () => string,
): Budget | undefined {
  // Whatever is too large then lives in the store.
  if (carrier.overflow) return undefined
  const overhead = payloadOverhead(carrier, records.subjects !== undefined)
  return (bytes, contents: Contents, id) => {
    const own = attributesFromText(contents.cookie)
    const outlives = persistent || contents.persistent
    const named = id.length > 43 ? id.length - 31 : 0
    const size = cookie().sizeOf(bytes + overhead + named, outlives, own)
    const room = cookie().room(outlives, own)
    if (size <= room) return undefined
    const { chunks } = carrier
    const several = chunks === 1 ? '' : ` in ${chunks} cookies`
    return {
      wrong: `Cookie \`${fullName()}\` of session \`${records.name}\` would be ${size} bytes, name and attributes counted; browsers drop cookies over 4096, and ${room}${several} is what fits.`,
      remedy: 'Keep large data elsewhere, set `overflow` or `chunks` of cookieStore(), or use another store.',
    }
  }
}

/** What comes to the bytes of a record in its cookie, at most. */
function payloadOverhead({ overflow, revocations }: SealedCarrier, hasSubject: boolean): number {
  const some = 'x'
  return overheadOf({
    id: 'A'.repeat(43),
    left: overflow && ('' as never),
    subject: hasSubject ? some : undefined,
    epochs: revocations ? { all: some, subject: hasSubject ? some : '' } : NO_EPOCHS,
  })
}
