import { StoreError } from '../../core/errors.js'
import { type DefinitionRuntime, freshContents } from '../definition/runtime.js'
import type { FoundSession } from '../record/records.js'
import { isReused, openId, type ReusedId } from './live-record.js'
import { reportReuse } from './reuse.js'
import { beginWork, type Circumstances, type UnitOfWork } from './unit-of-work.js'

/** Several cookies of one name may come, of other paths and domains; at most three ids are worth a look into the store. */
const MAX_CANDIDATES = 3

/**
 * Opens the session of the first candidate id that names one. Unknown, malformed and expired ids end in a new session that
 * has no id yet: an id from outside is never adopted, and a new session costs no store call.
 */
export async function load(
  runtime: DefinitionRuntime,
  candidates: readonly string[],
  request: Circumstances,
): Promise<UnitOfWork> {
  const { records } = runtime
  const reused: ReusedId[] = []
  // After the check, so that no garbage in front hides an id.
  for (const candidate of candidates.filter((candidate) => records.ids.accepts(candidate)).slice(0, MAX_CANDIDATES)) {
    let found: FoundSession | ReusedId | undefined
    try {
      found = await openId(records, candidate)
    } catch (error) {
      if (error instanceof StoreError && runtime.policies.survivesOutage)
        return beginWork(runtime, { ...request, phase: 'outage' }, freshContents(runtime, runtime.clock()))
      throw error
    }
    if (!found) continue
    if (isReused(found)) {
      reused.push(found)
      continue
    }
    if (reused.length > 0) await reportReuse(runtime, reused, found.stored.key)
    records.emit('loaded', found.id)
    const unit = beginWork(runtime, request, found)
    // The response that should have told the client of its new id may have been lost.
    if (found.id !== candidate) unit.idRotated()
    return unit
  }
  if (reused.length > 0) await reportReuse(runtime, reused)
  return beginWork(runtime, request, freshContents(runtime, runtime.clock()))
}
