import type { Clock } from '../core/clock.js'
import { expiresAtAfterUse, startLifetime } from '../core/deadline.js'
import { StoreError } from '../core/errors.js'
import { type IdPolicy, randomToken, type SessionId } from '../core/id.js'
import type { TypeRegistry } from '../core/type-registry.js'
import type { SchemaModel } from '../schema/definition.js'
import type { StoredRecord, StoreKey, Version } from '../stores/port.js'
import type { Backend } from './backend.js'
import { type Contents, emptyContents } from './contents.js'
import type { CookieAttributes } from './cookie.js'
import type { Emit, EmitRef } from './hooks.js'
import type { KeyPolicy } from './keys.js'
import type { InvalidPolicy } from './options.js'
import type { Place, RecordFormat } from './record.js'
import type { SessionState } from './state.js'
import type { SubjectPolicy } from './subjects/policy.js'

/** What one definition comes down to once its options are resolved: the parts that every operation on a session shares. */
export interface Engine {
  readonly name: string
  readonly schema: SchemaModel
  readonly flashSchema: SchemaModel | undefined
  readonly format: RecordFormat
  readonly ids: IdPolicy
  readonly clock: Clock
  /** The app's own classes. */
  readonly types: TypeRegistry | undefined
  /** The version of the schema. */
  readonly version: number
  readonly emit: Emit
  readonly emitRef: EmitRef
  /** Whose session each is; undefined where the app does not say. */
  readonly subjects: SubjectPolicy | undefined
  readonly keys: KeyPolicy
  /** The name for logs of the session under a key. */
  refOf(key: StoreKey): string
  readonly policy: Policy
  /** @throws SessionConfigError for attributes that a cookie of this definition cannot have */
  checkCookie(attributes: CookieAttributes): void
  /** Undefined where ids change only when they are told to. */
  readonly rotation: RotationPolicy | undefined
  /** Opens the store on first use: a definition alone opens no connection. */
  backend(): Backend
}

/** When ids change by themselves. Seconds. */
export interface RotationPolicy {
  readonly every: number
  /** How long the old id still leads to the session: requests under way have it, and a response that got lost. */
  readonly grace: number
  readonly onReuse: 'ignore' | 'revoke'
}

export interface Policy {
  /** Seconds. */
  readonly maxAge: number
  /** Seconds. */
  readonly idleTimeout: number
  /** Milliseconds. */
  readonly touchAfterMs: number
  /** The client keeps every cookie over a restart. */
  readonly persistent: boolean
  readonly onInvalid:
    | InvalidPolicy
    | ((event: { readonly session: string; readonly keys: readonly string[] }) => InvalidPolicy)
  readonly onNewerVersion: 'carry' | 'reset' | 'throw'
  readonly onUnreadable: 'reset' | 'throw'
  readonly onGone: 'ignore' | 'throw'
  readonly onStoreError: 'throw' | 'anonymous'
  readonly keepOnServerError: boolean
  /** Milliseconds. */
  readonly storeTimeout: number
  readonly autoCollect: boolean
  readonly flashMode: 'read' | 'next-request'
}

const VERSION_BYTES = 12

/** 96 random bits: versions of one record never repeat. */
export function newVersion(): Version {
  return randomToken(VERSION_BYTES) as Version
}

export function placeOf(engine: Engine, id: SessionId): Place {
  return { id, key: engine.keys.of(id) }
}

/** The record of contents used at `now`, under a version of its own. */
export function toRecord(engine: Engine, place: Place, contents: Contents, now: number): StoredRecord {
  const record = {
    bytes: engine.format.encode(contents, place, now),
    version: newVersion(),
    expiresAt: expiresAtAfterUse(contents.lifetime, now),
  }
  const subject = engine.subjects?.of(contents)
  return subject === undefined ? record : { ...record, subject }
}

export function refFor(engine: Engine, state: SessionState): string | undefined {
  return state.id === undefined ? undefined : engine.refOf(state.stored?.key ?? engine.keys.of(state.id))
}

/** Tells the `storeError` hook of a store call that fails, and passes every failure on. */
export async function reported<T>(engine: Engine, state: SessionState, call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    if (error instanceof StoreError) engine.emit('storeError', state.id, { error })
    throw error
  }
}

export function freshContents(engine: Engine, now: number): Contents {
  return emptyContents(startLifetime(now, engine.policy.maxAge, engine.policy.idleTimeout), engine.version)
}
