import { SessionConfigError } from '../../core/errors.js'
import type { BulkChange, KeyedRecord, RecordChange, Revision, StoredRecord, StoreKey } from '../../stores/port.js'
import type { SettledStore } from '../store/settled-store.js'
import type { Held, Opened } from './held.js'
import type { SealedSessions } from './parts.js'
import { type Epochs, NO_EPOCHS } from './payload.js'

/** How long a record stays behind that has become small enough for its cookie: requests in flight still ask for it. In milliseconds. */
const LEFT_BEHIND_MS = 60_000

/**
 * The records of one request whose client keeps its sessions: a `SettledStore` over the cookies that it has brought. Whatever is written
 * here leaves with the response. What is too large lives in the store of `overflow`, and what has ended is remembered by
 * `revocations`, where there are any.
 */
export class Jar implements SettledStore {
  readonly #sessions: SealedSessions
  readonly #held: Map<StoreKey, Held>
  /** What else this request keeps: notes of moves, which nobody else would read. */
  #notes: Map<StoreKey, StoredRecord> | undefined
  #judged: Set<StoreKey> | undefined

  constructor(sessions: SealedSessions, opened: readonly Opened[]) {
    this.#sessions = sessions
    this.#held = new Map()
    for (const each of opened)
      if (!this.#held.has(each.key)) this.#held.set(each.key, { ...each, isNews: !each.isNewest })
  }

  /** What the client is to be sent of a session. */
  heldOf(key: StoreKey): Held | undefined {
    return this.#held.get(key)
  }

  async load(key: StoreKey): Promise<StoredRecord | undefined> {
    if (!this.#sessions.isSession(key)) return this.#read(key)
    const held = this.#held.get(key)
    if (!held) return undefined
    if (this.#sessions.revocations && !(await this.#isLive(held))) return undefined
    return this.#record(key)
  }

  read(key: StoreKey): Promise<StoredRecord | undefined> {
    return this.load(key)
  }

  async create(key: StoreKey, record: StoredRecord): Promise<'ok' | 'exists'> {
    if (!this.#sessions.isSession(key)) return this.#createNote(key, record)
    if (this.#held.has(key)) return 'exists'
    const { overflow, revocations } = this.#sessions
    const epochs = revocations ? await revocations.current(record.subject) : NO_EPOCHS
    const fits = this.#sessions.fits(record)
    if (!fits && overflow && (await overflow.create(key, record)) === 'exists') return 'exists'
    this.#hold(key, { ...fresh(key), subject: record.subject, epochs, record: fits ? record : undefined })
    return 'ok'
  }

  updateMany(changes: readonly BulkChange[]): Promise<('ok' | 'conflict' | 'gone')[]> {
    return Promise.all(changes.map(({ key, change, expected }) => this.update(key, change, expected)))
  }

  async update(key: StoreKey, change: RecordChange, expected: Revision): Promise<'ok' | 'conflict' | 'gone'> {
    const { overflow } = this.#sessions
    if (!this.#sessions.isSession(key)) return this.#updateNote(key, change, expected)
    const held = this.#held.get(key)
    if (!held) return 'gone'
    const epochs = await this.#epochsOf(held, change.subject)
    const { subject } = change
    if (!held.record) {
      if (!overflow) return 'gone'
      if (!this.#sessions.fits(change)) {
        const outcome = await overflow.update(key, change, expected)
        if (outcome === 'ok' && subject !== held.subject) this.#hold(key, { ...held, subject, epochs })
        return outcome
      }
      // It leaves the store by compare-and-set, and stays behind for a while: parallel requests have its id alone.
      const until = this.#sessions.now() + LEFT_BEHIND_MS
      const deadline = change.expiresAt === 'keep' ? until : change.expiresAt
      const outcome = await overflow.update(key, { ...change, expiresAt: Math.min(until, deadline) }, expected)
      if (outcome === 'ok') {
        const record = { ...change, expiresAt: deadline }
        this.#hold(key, { ...held, subject, epochs, record, left: change.revision })
      }
      return outcome
    }
    if (held.record.revision !== expected) return 'conflict'
    const record: StoredRecord = {
      ...change,
      expiresAt: change.expiresAt === 'keep' ? held.record.expiresAt : change.expiresAt,
    }
    if (this.#sessions.fits(record) || !overflow) {
      this.#hold(key, { ...held, subject, epochs, record })
      return 'ok'
    }
    const outcome = await this.#moveOut(key, record, held.left)
    // Another request was first: from now on this one goes by what is stored there.
    this.#hold(key, { ...held, subject, epochs, record: undefined, left: undefined })
    return outcome
  }

  async touch(key: StoreKey, expiresAt: number, seen: Revision): Promise<'ok' | 'stale' | 'gone'> {
    const held = this.#held.get(key)
    if (!held) return 'gone'
    if (!held.record) return (await this.#sessions.overflow?.touch(key, expiresAt, seen)) ?? 'gone'
    if (held.record.revision !== seen) return 'stale'
    this.#hold(key, { ...held, record: { ...held.record, expiresAt } })
    return 'ok'
  }

  async destroy(key: StoreKey, expected?: Revision): Promise<'ok' | 'conflict' | 'gone'> {
    const { overflow, revocations } = this.#sessions
    if (!this.#sessions.isSession(key)) return this.#destroyNote(key, expected)
    const held = this.#held.get(key)
    if (!held) return 'gone'
    if (!held.record) {
      const outcome = overflow ? await overflow.destroy(key, expected) : 'gone'
      if (outcome === 'conflict') return outcome
      await revocations?.end(key)
      this.#held.delete(key)
      return outcome
    }
    if (expected !== undefined && held.record.revision !== expected) return 'conflict'
    const outcome = revocations ? await revocations.end(key) : 'ok'
    // What has stayed behind there would be opened by the id alone.
    await overflow?.destroy(key)
    this.#held.delete(key)
    return outcome
  }

  async move(
    from: StoreKey,
    to: StoreKey,
    record: StoredRecord,
    expected: Revision,
  ): Promise<'ok' | 'conflict' | 'gone' | 'claimed'> {
    const { overflow, revocations } = this.#sessions
    const held = this.#held.get(from)
    if (!held) return 'gone'
    const epochs = await this.#epochsOf(held, record.subject)
    const fits = this.#sessions.fits(record)
    if (!held.record && !fits && overflow) {
      const moved = await overflow.move(from, to, record, expected)
      if (moved !== 'ok') return moved
      await revocations?.end(from)
    } else {
      const claimed = await this.destroy(from, expected)
      if (claimed !== 'ok') return claimed
      if (!fits && overflow && (await overflow.create(to, record)) === 'exists') return 'claimed'
    }
    this.#held.delete(from)
    this.#hold(to, { ...fresh(to), subject: record.subject, epochs, record: fits || !overflow ? record : undefined })
    return 'ok'
  }

  collectGarbage(now: number, limit: number): Promise<number> {
    return this.#sessions.collectGarbage(now, limit)
  }

  scan(): AsyncIterable<KeyedRecord> {
    throw this.#sessions.cannot('be listed')
  }

  bySubject(): AsyncIterable<KeyedRecord> {
    throw this.#sessions.cannot('be listed')
  }

  #hold(key: StoreKey, held: Omit<Held, 'isNews'>): void {
    this.#held.set(key, { ...held, isNews: true })
  }

  async #record(key: StoreKey): Promise<StoredRecord | undefined> {
    const held = this.#held.get(key)
    return held?.record ?? (held && this.#sessions.overflow?.load(key))
  }

  /** Once for each request: what ends meanwhile is found at the next one. */
  async #isLive(held: Held): Promise<boolean> {
    const { revocations } = this.#sessions
    if (!revocations || this.#judged?.has(held.key)) return true
    const verdict = await revocations.judge(held.key, held.subject, held.epochs)
    if (verdict === 'ended') {
      this.#held.delete(held.key)
      return false
    }
    this.#judged ??= new Set()
    this.#judged.add(held.key)
    if (verdict !== 'live') this.#hold(held.key, { ...held, epochs: verdict })
    return true
  }

  /** A login belongs to the epoch that is in force then; whatever was a subject's stays in the one that it began in. */
  async #epochsOf(held: Held, subject: string | undefined): Promise<Epochs> {
    const { revocations } = this.#sessions
    if (!revocations || subject === held.subject) return held.epochs
    return { all: held.epochs.all, subject: (await revocations.current(subject)).subject }
  }

  /** A session becomes too large for its cookie. */
  async #moveOut(key: StoreKey, record: StoredRecord, left: Revision | undefined): Promise<'ok' | 'conflict' | 'gone'> {
    const { overflow } = this.#sessions
    if (!overflow) throw new SessionConfigError('A session is too large for its cookie, and there is no `overflow`.')
    if ((await overflow.create(key, record)) === 'ok') return 'ok'
    // What it has left behind there itself may be replaced; anything else is newer.
    return left === undefined ? 'conflict' : overflow.update(key, record, left)
  }

  // What is no session: leases and notes. In a store where there is one, so that other requests see it.

  #read(key: StoreKey): Promise<StoredRecord | undefined> {
    const { shared } = this.#sessions
    return shared ? shared.read(key) : Promise.resolve(this.#notes?.get(key))
  }

  #createNote(key: StoreKey, record: StoredRecord): Promise<'ok' | 'exists'> {
    const { shared } = this.#sessions
    if (shared) return shared.create(key, record)
    this.#notes ??= new Map()
    if (this.#notes.has(key)) return Promise.resolve('exists')
    this.#notes.set(key, record)
    return Promise.resolve('ok')
  }

  #updateNote(key: StoreKey, change: RecordChange, expected: Revision): Promise<'ok' | 'conflict' | 'gone'> {
    const { shared } = this.#sessions
    if (shared) return shared.update(key, change, expected)
    const found = this.#notes?.get(key)
    if (!found) return Promise.resolve('gone')
    if (found.revision !== expected) return Promise.resolve('conflict')
    const expiresAt = change.expiresAt === 'keep' ? found.expiresAt : change.expiresAt
    this.#notes?.set(key, { ...change, expiresAt })
    return Promise.resolve('ok')
  }

  #destroyNote(key: StoreKey, expected: Revision | undefined): Promise<'ok' | 'conflict' | 'gone'> {
    const { shared } = this.#sessions
    if (shared) return shared.destroy(key, expected)
    return Promise.resolve(this.#notes?.delete(key) ? 'ok' : 'gone')
  }
}

function fresh(key: StoreKey): Pick<Held, 'key' | 'left'> {
  return { key, left: undefined }
}
