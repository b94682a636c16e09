import { currentId } from '../coordination/redirects.js'
import type { UnitOfWork } from './unit-of-work.js'

/**
 * Before an id is sent that parallel requests share, this checks that it still resolves: a login may have replaced it, and its
 * response must not be followed by an id that is dead. If the store cannot say, the id is sent: the old one stops working after
 * its grace period.
 */
export async function confirmId(unit: UnitOfWork): Promise<void> {
  if (unit.announcement === 'none' || unit.announcement === 'clear' || unit.id === undefined) return
  try {
    unit.confirmed(await currentId(unit.runtime.records, unit.id))
  } catch {
    // The hooks have heard of it.
  }
}
