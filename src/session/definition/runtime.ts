import type { Clock } from '../../core/clock.js'
import { startLifetime } from '../../core/deadline.js'
import type { TypeRegistry } from '../../core/type-registry.js'
import type { SchemaModel } from '../../schema/definition.js'
import type { GarbageCollector } from '../coordination/garbage.js'
import { type Contents, emptyContents } from '../record/contents.js'
import type { SessionRecords } from '../record/records.js'
import type { CookieAttributes } from '../transport/cookie.js'

/** What one definition comes down to once its options are resolved: what the requests of its sessions share. */
export interface DefinitionRuntime {
  readonly name: string
  readonly schema: SchemaModel
  readonly flashSchema: SchemaModel | undefined
  readonly clock: Clock
  /** The app's own classes. */
  readonly types: TypeRegistry | undefined
  readonly records: SessionRecords
  readonly garbage: GarbageCollector
  readonly policy: Policy
  /** Undefined where ids change only when they are told to. */
  readonly rotation: RotationPolicy | undefined
  /** @throws SessionConfigError for attributes that a cookie of this definition cannot have */
  checkCookie(attributes: CookieAttributes): void
}

/** When ids change by themselves. Seconds. */
export interface RotationPolicy {
  readonly every: number
  /** How long the old id still redirects to the session: requests in flight have it, and a response that got lost. */
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
  readonly onStoreError: 'throw' | 'anonymous'
  readonly flashMode: 'read' | 'next-request'
}

export function freshContents({ policy, records }: DefinitionRuntime, now: number): Contents {
  return emptyContents(startLifetime(now, policy.maxAge, policy.idleTimeout), records.schemaVersion)
}
