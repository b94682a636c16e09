import { StoreError } from '../../core/errors.js'
import type { Adoption } from '../definition/adoption.js'
import { freshContents } from '../definition/runtime.js'
import type { TransportRequest } from '../transport/transport.js'
import { adopt } from './adopt.js'
import { beginWork, type Circumstances, type UnitOfWork } from './unit-of-work.js'

/** The work of a request, and the cookies of another library that its client is asked to forget. */
export interface Begun {
  readonly unit: UnitOfWork
  readonly forget: readonly string[]
}

/**
 * For a request without a session of ours: that of another library, if the request brings one.
 * @throws StoreError, MisdeployError
 */
export async function orAdopted(
  adoption: Adoption,
  unit: UnitOfWork,
  request: TransportRequest,
  circumstances: Circumstances,
): Promise<Begun> {
  const { runtime } = unit
  const { phase } = circumstances
  if (unit.stored || unit.phase !== phase) return { unit, forget: [] }
  try {
    const adopted = await adopt(runtime, adoption, request, phase === 'readonly')
    if (!adopted) return { unit, forget: [] }
    const { from, forget } = adopted
    if (!from) return { unit, forget }
    const begun = beginWork(runtime, circumstances, from)
    // The client has no cookie of ours yet, and other requests have the session, too.
    if (phase === 'open') begun.idRotated()
    return { unit: begun, forget }
  } catch (error) {
    if (!(error instanceof StoreError) || !runtime.policies.survivesOutage) throw error
    const empty = freshContents(runtime, runtime.clock())
    return { unit: beginWork(runtime, { ...circumstances, phase: 'outage' }, empty), forget: [] }
  }
}
