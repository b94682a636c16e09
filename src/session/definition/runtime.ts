import type { Clock } from '../../core/clock.js'
import type { TypeRegistry } from '../../core/type-registry.js'
import type { SchemaModel } from '../../schema/definition.js'
import type { GarbageCollector } from '../coordination/garbage.js'
import { type Contents, emptyContents } from '../record/contents.js'
import type { SessionRecords } from '../record/records.js'
import type { CookieAttributes } from '../transport/cookie.js'
import type { Adoption } from './adoption.js'
import type { Policies } from './policies.js'

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
  readonly policies: Policies
  /** Undefined where no session of another library is adopted. */
  readonly adoption: Adoption | undefined
  /** @throws SessionConfigError for attributes that a cookie of this definition cannot have */
  checkCookie(attributes: CookieAttributes): void
}

export function freshContents({ policies, records }: DefinitionRuntime, now: number): Contents {
  return emptyContents(policies.begin(now), records.schemaVersion)
}
