import type { TypeRegistry } from '../../core/type-registry.js'
import { copyValue } from '../../core/value.js'
import type { Entry } from '../record/contents.js'

/** A value that the app may keep but not change: frozen where that is possible, else a copy. */
export function handOut(entry: Entry | undefined, types: TypeRegistry | undefined): unknown {
  if (!entry) return undefined
  if (entry.pure) return entry.value
  return entry.decode ? entry.decode(entry.stored) : copyValue(entry.value, types)
}
