import { digestKey } from '../../core/id.js'
import { randomToken } from '../../core/random.js'
import type { StoreKey } from '../../stores/port.js'
import type { FlashEntry } from '../record/contents.js'
import { newRevision, type SessionRecords } from '../record/records.js'
import type { SettledStore } from '../store/settled-store.js'
import { MAX_COOKIE_AGE } from '../transport/cookie.js'
import { EPOCH_BYTES, type Epochs } from './payload.js'

/** How many sessions this process remembers to have asked for. */
const MAX_KNOWN = 20_000
/** No session lives longer, so nothing has to be remembered longer. In milliseconds. */
const FOR_EVER_MS = MAX_COOKIE_AGE * 1000
/** How many sessions one revocation may spare. */
const MAX_SPARED = 16

export type Verdict = 'live' | 'ended' | Epochs

/**
 * What has ended of the sessions that clients keep. Three kinds of records, in an ordinary store:
 *
 * - one for each session that was ended: its cookie opens nothing any more
 * - an epoch for each subject, and one for the definition: a random token. A session holds the tokens that were in force at its login,
 *   and has ended when one has changed. No clocks are compared, and a login in flight belongs to the old epoch or to the new one.
 * - one for each flash that was delivered
 */
export class Revocations {
  readonly #records: Pick<SessionRecords, 'name' | 'clock'>
  readonly #store: SettledStore
  readonly #lagMs: number
  /** When each session was last asked for; Infinity for one that has ended. */
  #known = new Map<StoreKey, number>()
  #before = new Map<StoreKey, number>()
  #changes = 0

  constructor(records: Pick<SessionRecords, 'name' | 'clock'>, store: SettledStore, lagSeconds: number) {
    this.#records = records
    this.#store = store
    this.#lagMs = lagSeconds * 1000
  }

  /** Whether a session goes on. New epochs for one that was spared by the revocation which began them. @throws StoreError */
  async judge(key: StoreKey, subject: string | undefined, held: Epochs): Promise<Verdict> {
    const now = this.#records.clock()
    const asked = this.#known.get(key) ?? this.#before.get(key)
    if (asked === Number.POSITIVE_INFINITY) return 'ended'
    if (asked !== undefined && now - asked < this.#lagMs && now >= asked) return 'live'
    const changes = this.#changes
    const [ended, all, ofSubject] = await Promise.all([
      this.#store.load(this.#endedKey(key)),
      this.#read(''),
      subject === undefined ? undefined : this.#read(subject),
    ])
    const isOld =
      (all !== undefined && all.token !== held.all) ||
      (ofSubject !== undefined && ofSubject.token !== held.subject && !ofSubject.spared.includes(key))
    if (ended || isOld) {
      this.#note(key, Number.POSITIVE_INFINITY)
      return 'ended'
    }
    // Not when this process has revoked something meanwhile.
    if (changes === this.#changes) this.#note(key, now)
    if (ofSubject && ofSubject.token !== held.subject) return { all: held.all, subject: ofSubject.token }
    return 'live'
  }

  /** The tokens in force, for a session that begins or becomes somebody's. */
  async current(subject: string | undefined): Promise<Epochs> {
    const [all, ofSubject] = await Promise.all([
      this.#read(''),
      subject === undefined ? undefined : this.#read(subject),
    ])
    return { all: all?.token ?? '', subject: ofSubject?.token ?? '' }
  }

  /** Ends one session. `gone` when it had ended already: of any number of requests one ends it. */
  async end(key: StoreKey): Promise<'ok' | 'gone'> {
    this.#note(key, Number.POSITIVE_INFINITY)
    this.#changes++
    const created = await this.#store.create(this.#endedKey(key), this.#record(''))
    return created === 'ok' ? 'ok' : 'gone'
  }

  /** Ends all sessions of a subject, or of the definition; those of `spared` go on. */
  async begin(subject: string | undefined, spared: readonly StoreKey[]): Promise<void> {
    const key = this.#epochKey(subject ?? '')
    const text = [randomToken(EPOCH_BYTES), ...spared.slice(0, MAX_SPARED)].join(' ')
    for (;;) {
      const found = await this.#store.read(key)
      const record = this.#record(text)
      const outcome = found
        ? await this.#store.update(key, record, found.revision)
        : await this.#store.create(key, record)
      if (outcome === 'ok') break
    }
    this.#changes++
    for (const known of [this.#known, this.#before])
      for (const [session, asked] of known) if (asked !== Number.POSITIVE_INFINITY) known.delete(session)
  }

  /** Whether a flash may be delivered: true once, for whoever asks first. */
  async claim(session: StoreKey, channel: string, entry: FlashEntry, bytes: Uint8Array): Promise<boolean> {
    const key = this.#flashKey(session, channel, entry, bytes)
    return (await this.#store.create(key, this.#record(''))) === 'ok'
  }

  /** It was not delivered after all. */
  async release(session: StoreKey, channel: string, entry: FlashEntry, bytes: Uint8Array): Promise<void> {
    await this.#store.destroy(this.#flashKey(session, channel, entry, bytes))
  }

  async #read(subject: string): Promise<{ readonly token: string; readonly spared: readonly string[] } | undefined> {
    const record = await this.#store.load(this.#epochKey(subject))
    if (!record) return undefined
    const [token = '', ...spared] = Buffer.from(record.bytes).toString('latin1').split(' ')
    return { token, spared }
  }

  #record(text: string) {
    const bytes = new Uint8Array(Buffer.from(text, 'latin1'))
    return { bytes, revision: newRevision(), expiresAt: this.#records.clock() + FOR_EVER_MS }
  }

  #endedKey(session: StoreKey): StoreKey {
    return digestKey(this.#records.name, 'x1', session) as StoreKey
  }

  #epochKey(subject: string): StoreKey {
    return digestKey(this.#records.name, 'y1', subject) as StoreKey
  }

  #flashKey(session: StoreKey, channel: string, { at }: FlashEntry, bytes: Uint8Array): StoreKey {
    const content = Buffer.from(bytes).toString('base64url')
    return digestKey(this.#records.name, 'z1', `${session}\0${channel}\0${at}\0${content}`) as StoreKey
  }

  #note(key: StoreKey, asked: number): void {
    this.#known.set(key, asked)
    if (this.#known.size < MAX_KNOWN) return
    this.#before = this.#known
    this.#known = new Map()
  }
}
