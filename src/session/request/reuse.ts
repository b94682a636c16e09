import { StoreError } from '../../core/errors.js'
import type { SessionId } from '../../core/id.js'
import type { StoreKey } from '../../stores/port.js'
import { destroyThrough, keyBehind } from '../coordination/redirects.js'
import type { DefinitionRuntime } from '../definition/runtime.js'
import type { ReusedId } from './live-record.js'

/**
 * Reports old ids that were used after their grace, and by policy ends their sessions.
 * @param opened the session that the same request has opened by another id: a client that has the current one too has not copied the old one
 */
export async function reportReuse(
  { records, policies }: DefinitionRuntime,
  reused: readonly ReusedId[],
  opened?: StoreKey,
): Promise<void> {
  for (const { id, nextKey } of reused) {
    try {
      await report(id, nextKey)
    } catch (error) {
      // The request goes on. The next use of the old id is reported again.
      if (!(error instanceof StoreError)) throw error
    }
  }

  async function report(id: SessionId, nextKey: StoreKey): Promise<void> {
    if (opened !== undefined && (await keyBehind(records, nextKey)) === opened) return
    const revoked = policies.revokesReused && (await destroyThrough(records, nextKey)) === 'ok'
    records.emit('reused', id, { revoked })
  }
}
