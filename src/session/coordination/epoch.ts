import { SessionConflictError, StoreError } from '../../core/errors.js'
import { digestKey } from '../../core/id.js'
import { monotonic, pause } from '../../core/timers.js'
import type { Revision, StoreKey } from '../../stores/port.js'
import { newRevision, type SessionRecords } from '../record/records.js'

/** How long a revocation is remembered: longer than any write that began before it can take. In milliseconds. */
const EPOCH_LIFE_MS = 24 * 3600 * 1000
/** How often a running revocation writes a sign of life. In milliseconds. */
const BEAT_MS = 10_000
/** A revocation without a sign of life for this long, by the monotonic clock of the waiting server, is taken for dead. In milliseconds. */
const SILENCE_MS = 60_000
const PAUSE_MS = 20
/** How often a change of the epoch may lose against others. */
const MAX_ATTEMPTS = 100

/** What a write that gives a subject's session a key must look at before and after. */
export interface Enrolment {
  /** True when the subject was revoked while the write was in flight: then its result must not stay. */
  revoked(): Promise<boolean>
}

/**
 * Begins a write that makes a session a subject's. `revoke` ends the sessions that it lists, so it would miss a write that commits after
 * the listing. Therefore it changes the subject's epoch first: a write that finds the same epoch before and after has committed
 * before the listing, or began after the revocation did.
 */
export async function enrol(records: SessionRecords, subject: string): Promise<Enrolment> {
  const key = epochKey(records, subject)
  return since(records, key, await readEpoch(records, key))
}

/**
 * Begins a write that moves a subject's session to another key. A revocation in flight may have listed the old key and would miss the
 * new one. So the move waits until it is over, and then finds its session ended or goes on. A revocation without a sign of life
 * is removed from the epoch: if it is alive after all, it notices that and lists again.
 * @returns undefined when it is not over within `storeTimeout`, or at once where the caller has no patience
 */
export async function enrolMove(
  records: SessionRecords,
  subject: string,
  patient: boolean,
): Promise<Enrolment | undefined> {
  const key = epochKey(records, subject)
  let epoch = await readEpoch(records, key)
  const began = monotonic()
  while (await isBusy(records, key, epoch)) {
    if (!patient || monotonic() - began >= records.storeTimeout) return undefined
    await pause(PAUSE_MS)
    epoch = await readEpoch(records, key)
  }
  // The epoch of the read that found no revocation: one that begins now is noticed.
  return since(records, key, epoch)
}

function since(records: SessionRecords, key: StoreKey, before: Epoch | undefined): Enrolment {
  return {
    async revoked() {
      const after = await readEpoch(records, key)
      return after !== undefined && after.id !== before?.id
    },
  }
}

async function isBusy(records: SessionRecords, key: StoreKey, epoch: Epoch | undefined): Promise<boolean> {
  if (!epoch || epoch.running.size === 0) return false
  const silent = [...epoch.running].filter(
    ([token, beat]) => records.sightings.unchangedFor(`${key} ${token}`, String(beat)) >= SILENCE_MS,
  )
  if (silent.length < epoch.running.size) return true
  const running = new Map([...epoch.running].filter(([token]) => !silent.some(([dead]) => dead === token)))
  const outcome = await records.store().update(key, toRecord(records, { id: epoch.id, running }), epoch.revision)
  return outcome !== 'ok'
}

export interface Revocation {
  /** Lets the moves go on. @returns false when another server took it for dead: sessions may have moved meanwhile, so list again */
  end(): Promise<boolean>
}

/**
 * Begins a new epoch. Writes in flight will notice it, and moves wait for as long as the revocation shows signs of life; clocks are
 * not compared. @throws SessionConflictError when others change the epoch all the time
 */
export async function beginEpoch(records: SessionRecords, subject: string): Promise<Revocation> {
  const key = epochKey(records, subject)
  const token = newRevision()
  await change(records, key, ({ running }) => ({ id: token, running: new Map([...running, [token, 0]]) }))
  let beat = 0
  let beating: Promise<unknown> = Promise.resolve()
  const timer = setInterval(() => {
    beating = beating.then(sign).catch((error: unknown) => {
      // The next sign may be stored. If none is, a waiting server removes this revocation, which then lists again.
      if (!(error instanceof StoreError || error instanceof SessionConflictError)) throw error
    })
  }, BEAT_MS)
  timer.unref()

  function sign(): Promise<boolean> {
    beat++
    return change(records, key, ({ id, running }) =>
      running.has(token) ? { id, running: new Map([...running, [token, beat]]) } : undefined,
    )
  }

  return {
    async end() {
      clearInterval(timer)
      await beating
      return change(records, key, ({ id, running }) => {
        if (!running.has(token)) return undefined
        return { id, running: new Map([...running].filter(([other]) => other !== token)) }
      })
    },
  }
}

/** Changes the epoch by compare-and-set. @param next undefined to leave it @returns whether it was changed */
async function change(
  records: SessionRecords,
  key: StoreKey,
  next: (current: Pick<Epoch, 'id' | 'running'>) => Pick<Epoch, 'id' | 'running'> | undefined,
): Promise<boolean> {
  const store = records.store()
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const current = await readEpoch(records, key)
    const wanted = next(current ?? { id: '', running: new Map() })
    if (!wanted) return false
    const record = toRecord(records, wanted)
    const outcome = current ? await store.update(key, record, current.revision) : await store.create(key, record)
    if (outcome === 'ok') return true
    if (attempt > 2) await pause(Math.random() * PAUSE_MS)
  }
  throw new SessionConflictError(
    `The sessions \`${records.name}\` of this subject are being revoked by many requests at once. Try again.`,
  )
}

interface Epoch {
  readonly id: string
  /** The running revocations, each with the number of its last sign of life. */
  readonly running: ReadonlyMap<string, number>
  readonly revision: Revision
}

async function readEpoch(records: SessionRecords, key: StoreKey): Promise<Epoch | undefined> {
  const record = await records.store().read(key)
  if (!record) return undefined
  const [id = '', busyUntil = '0', ...signs] = Buffer.from(record.bytes).toString('latin1').split(' ')
  const running = new Map(
    signs.map((sign): [string, number] => {
      const [token = '', beat] = sign.split('.')
      return [token, Number(beat)]
    }),
  )
  // Earlier versions write no signs of life, only a deadline.
  if (signs.length === 0 && busyUntil !== '0') running.set(id, Number(busyUntil))
  return { id, running, revision: record.revision }
}

/** The second field is for servers that run an earlier version: the deadline of the running revocation, 0 when there is none. */
function toRecord(records: SessionRecords, { id, running }: Pick<Epoch, 'id' | 'running'>) {
  const busyUntil = running.size === 0 ? 0 : records.clock() + SILENCE_MS
  const text = [id, busyUntil, ...[...running].map(([token, beat]) => `${token}.${beat}`)].join(' ')
  const bytes = new Uint8Array(Buffer.from(text, 'latin1'))
  return { bytes, revision: newRevision(), expiresAt: records.clock() + EPOCH_LIFE_MS }
}

function epochKey(records: SessionRecords, subject: string): StoreKey {
  return digestKey(records.name, 'e1', subject) as StoreKey
}
