import { digestKey } from '../../core/id.js'
import type { StoreKey, Version } from '../../stores/port.js'
import { type Engine, newVersion } from '../engine.js'

/** How long a revocation is remembered: longer than any write that began before it can take. In milliseconds. */
const EPOCH_LIFE_MS = 24 * 3600 * 1000
/** How long a revocation may be under way; one whose server died holds nobody up any longer. In milliseconds. */
const REVOCATION_MS = 60_000
const PAUSE_MS = 20

/** What a write that gives a subject's session a key must look at before and after. */
export interface Enrolment {
  /** True when the subject was revoked while the write was under way: then its result must not stay. */
  revoked(): Promise<boolean>
}

/**
 * Begins a write that puts a session under a subject it did not have. `revoke` lists what is there, so a write that lands
 * after the listing would slip past it (J12). It changes the subject's epoch before it lists; so a write whose epoch is the
 * same afterwards has landed before the listing, or began after the revocation did.
 */
export async function enrol(engine: Engine, subject: string): Promise<Enrolment> {
  const key = epochKey(engine, subject)
  return since(engine, key, await readEpoch(engine, key))
}

/**
 * Begins a write that takes a subject's session to another key. Such a session is older than a revocation under way, which may
 * have listed the old key and would miss the new one: so it waits until that is over, and either finds itself ended or goes on.
 * @returns undefined when it is not over within `storeTimeout`, or at once where the caller has no patience
 */
export async function enrolMove(engine: Engine, subject: string, patient: boolean): Promise<Enrolment | undefined> {
  const key = epochKey(engine, subject)
  let epoch = await readEpoch(engine, key)
  const began = performance.now()
  while (patient && isBusy(engine, epoch) && performance.now() - began < engine.policy.storeTimeout) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    epoch = await readEpoch(engine, key)
  }
  // From the very look that found nobody revoking: one that begins now is noticed.
  return isBusy(engine, epoch) ? undefined : since(engine, key, epoch)
}

function since(engine: Engine, key: StoreKey, before: Epoch | undefined): Enrolment {
  return {
    async revoked() {
      const after = await readEpoch(engine, key)
      return after !== undefined && after.id !== before?.id
    },
  }
}

function isBusy(engine: Engine, epoch: Epoch | undefined): boolean {
  return epoch !== undefined && epoch.busyUntil > engine.clock()
}

/** Begins a new epoch: writes under way will notice, and moves wait. @returns how to say that the revocation is over */
export async function beginEpoch(engine: Engine, subject: string): Promise<() => Promise<void>> {
  const backend = engine.backend()
  const key = epochKey(engine, subject)
  const id = newVersion()
  let version: Version | undefined
  while (version === undefined) {
    const record = toRecord(engine, { id, busyUntil: engine.clock() + REVOCATION_MS })
    const current = await backend.read(key)
    const outcome = current ? await backend.update(key, record, current.version) : await backend.create(key, record)
    if (outcome === 'ok') version = record.version
  }
  const expected = version
  return async () => {
    // Unless another revocation has begun meanwhile, which then says it.
    await backend.update(key, toRecord(engine, { id, busyUntil: 0 }), expected)
  }
}

interface Epoch {
  readonly id: string
  /** Until then at most a revocation is under way; 0 when it is over. Milliseconds since the Unix epoch. */
  readonly busyUntil: number
}

async function readEpoch(engine: Engine, key: StoreKey): Promise<Epoch | undefined> {
  const record = await engine.backend().read(key)
  if (!record) return undefined
  const [id = '', busyUntil] = Buffer.from(record.bytes).toString('latin1').split(' ')
  return { id, busyUntil: Number(busyUntil) }
}

function toRecord(engine: Engine, { id, busyUntil }: Epoch) {
  const bytes = new Uint8Array(Buffer.from(`${id} ${busyUntil}`, 'latin1'))
  return { bytes, version: newVersion(), expiresAt: engine.clock() + EPOCH_LIFE_MS }
}

function epochKey(engine: Engine, subject: string): StoreKey {
  return digestKey(engine.name, 'e1', subject) as StoreKey
}
