import { isExpired } from '../../core/deadline.js'
import { gone } from './gone.js'
import { reload } from './reload.js'
import { storedBy, type UnitOfWork } from './unit-of-work.js'

/**
 * A write that was sent before the deadline may be applied after it. Such a write is undone (our revision is deleted), unless
 * another request has already built on it.
 * @param deadline of the record that was replaced by the one now known
 * @throws SessionGoneError
 */
export async function assertInTime(unit: UnitOfWork, deadline: number): Promise<void> {
  const { records } = unit.runtime
  if (!isExpired(deadline, records.clock())) return
  const { key, revision } = storedBy(unit).stored
  if ((await records.store().destroy(key, revision)) !== 'conflict') throw gone(unit)
  await reload(unit)
}
