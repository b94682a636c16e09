import { digestKey } from '../core/id.js'
import type { StoreKey } from '../stores/port.js'
import { type Engine, newVersion } from './engine.js'

/** How long a revocation is remembered: longer than any write that began before it can take. In milliseconds. */
const EPOCH_LIFE_MS = 24 * 3600 * 1000

/** What a write that gives a session to a subject must look at before and after. */
export interface Enrolment {
  /** True when the subject was revoked while the write was under way: then its result must not stay. */
  revoked(): Promise<boolean>
}

/**
 * Begins a write that puts a session under a subject it did not have. `revoke` lists what is there, so a write that lands
 * after the listing would slip past it (J12). It changes the subject's epoch before it lists; so a write whose epoch is the
 * same afterwards has landed before the listing, or began after the revocation.
 */
export async function enrol(engine: Engine, subject: string): Promise<Enrolment> {
  const key = epochKey(engine, subject)
  const before = await engine.backend().read(key)
  return {
    async revoked() {
      const after = await engine.backend().read(key)
      return after !== undefined && after.version !== before?.version
    },
  }
}

/** Begins a new epoch: writes under way will notice. */
export async function beginEpoch(engine: Engine, subject: string): Promise<void> {
  const key = epochKey(engine, subject)
  const record = { bytes: new Uint8Array(0), version: newVersion(), expiresAt: engine.clock() + EPOCH_LIFE_MS }
  const backend = engine.backend()
  const current = await backend.read(key)
  // Whoever is faster has begun an epoch too, after this call began: that one serves as well.
  if (current && (await backend.update(key, record, current.version)) !== 'gone') return
  await backend.create(key, record)
}

function epochKey(engine: Engine, subject: string): StoreKey {
  return digestKey(engine.name, 'e1', subject) as StoreKey
}
