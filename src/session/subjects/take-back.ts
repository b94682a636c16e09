import { isExpired } from '../../core/deadline.js'
import { StoreError } from '../../core/errors.js'
import { destroyThrough } from '../coordination/redirects.js'
import { type SessionRecords, type StoredSession, toWritten, type Written } from '../record/records.js'

/** A login whose write has failed may still be on its way to the store: under another revision it comes too late. @returns whether it does */
export async function fenceOff(
  records: SessionRecords,
  written: Written,
  before: StoredSession | undefined,
): Promise<boolean> {
  if (!before) return takeBack(records, written, before)
  const { place } = written
  try {
    const fence = { ...toWritten(records, place, before.contents, records.clock()).record, expiresAt: 'keep' as const }
    if ((await records.store().update(place.key, fence, before.revision)) === 'conflict')
      return await takeBack(records, written, before)
    return true
  } catch (error) {
    // The failure that brought us here says it already.
    if (!(error instanceof StoreError)) throw error
    return false
  }
}

/** Undoes a login that is answered with an error. @returns whether it could */
export async function takeBack(
  records: SessionRecords,
  { place, record }: Written,
  before: StoredSession | undefined,
): Promise<boolean> {
  const store = records.store()
  const { key } = place
  try {
    if (!before) {
      await store.destroy(key, record.revision)
      return true
    }
    const { contents } = before
    // Back to another subject would be a login too, past its maximum and its revocations.
    if (records.subjects?.of(contents) !== undefined) {
      await destroyThrough(records, key)
      return true
    }
    // What has expired meanwhile stays so.
    const expiresAt = isExpired(before.expiresAt, records.clock()) ? before.expiresAt : ('keep' as const)
    const back = { ...toWritten(records, place, contents, records.clock()).record, expiresAt }
    // If another request has built on it already, or moved it: what failed must not stay logged in.
    if ((await store.update(key, back, record.revision)) === 'conflict') await destroyThrough(records, key)
    return true
  } catch (error) {
    // The failure that brought us here says it already.
    if (!(error instanceof StoreError)) throw error
    return false
  }
}
