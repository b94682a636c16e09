import { isExpired } from '../../core/deadline.js'
import { SessionConflictError, StoreError } from '../../core/errors.js'
import { digestKey } from '../../core/id.js'
import type { StoreKey } from '../../stores/port.js'
import { type Engine, newVersion } from '../engine.js'
import { limitOf } from './limit.js'

/** Far longer than the few store calls of a turn take: a server that died in the middle holds a subject up so long. */
const LEASE_MS = 30_000
const FIRST_PAUSE_MS = 5
const MAX_PAUSE_MS = 100

export interface Turn {
  /** Lets the next one in. False when this one lasted so long that somebody else has had a turn meanwhile. */
  end(): Promise<boolean>
}

const FREE: Turn = { end: async () => true }

/**
 * With `onLimit: 'refuse'` the sessions of a subject get their keys one after the other: only then can a login know before it
 * stores anything whether there is room. Otherwise nobody waits.
 * @param patient whether to wait; if not, undefined when it is somebody else's turn
 * @throws SessionConflictError when it is not free within `storeTimeout`
 */
export async function takeTurn(engine: Engine, subject: string, patient: true): Promise<Turn>
export async function takeTurn(engine: Engine, subject: string, patient: boolean): Promise<Turn | undefined>
export async function takeTurn(engine: Engine, subject: string, patient: boolean): Promise<Turn | undefined> {
  if (engine.subjects?.onLimit !== 'refuse' || limitOf(engine) === Number.POSITIVE_INFINITY) return FREE
  const key = digestKey(engine.name, 't1', subject) as StoreKey
  const version = newVersion()
  let waited = 0
  for (let longest = FIRST_PAUSE_MS; !(await claim(engine, key, version)); longest *= 2) {
    if (!patient) return undefined
    if (waited >= engine.policy.storeTimeout) throw taken(engine)
    const pause = Math.min(longest, MAX_PAUSE_MS) * (0.5 + Math.random() / 2)
    waited += pause
    await new Promise((resolve) => setTimeout(resolve, pause))
  }
  const until = engine.clock() + LEASE_MS
  let ended: Promise<boolean> | undefined

  async function end(): Promise<boolean> {
    try {
      return (await engine.backend().destroy(key, version)) === 'ok'
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
      engine.emitRef('storeError', undefined, { error })
      // It runs out by itself, and until then nobody else has one.
      return !isExpired(until, engine.clock())
    }
  }

  return { end: () => (ended ??= end()) }
}

async function claim(engine: Engine, key: StoreKey, version: ReturnType<typeof newVersion>): Promise<boolean> {
  const backend = engine.backend()
  const record = { bytes: new Uint8Array(0), version, expiresAt: engine.clock() + LEASE_MS }
  if ((await backend.create(key, record)) === 'ok') return true
  const holder = await backend.read(key)
  if (!holder || !isExpired(holder.expiresAt, engine.clock())) return false
  return (await backend.update(key, record, holder.version)) === 'ok'
}

function taken(engine: Engine): SessionConflictError {
  return new SessionConflictError(
    `Another login of the same subject has taken ${engine.policy.storeTimeout} ms (\`storeTimeout\`) to store its session \`${engine.name}\`. Try again.`,
  )
}
