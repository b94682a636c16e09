import type { OldContents } from '../../session/transport/adopt-port.js'
import type { OldStore } from './express-store.js'
import { asObject, objectIn, timeIn } from './json.js'

/** What these libraries keep in a record beside the values. */
const THEIRS = new Set(['cookie', 'sessionId', 'encryptedSessionId', '__lastAccess', '__proto__'])

/**
 * A record of express-session or @fastify/session: the values beside `cookie`, whose `expires` ends it.
 * @throws UnreadableRecordError when it is no object, nor JSON of one; whatever the store throws
 */
export async function contentsOf(
  store: OldStore,
  id: string,
  now: number,
  library: string,
): Promise<OldContents | undefined> {
  const found = await store.read(id, now)
  if (found === undefined || found === null) return undefined
  const what = `A record of ${library}`
  const record = typeof found === 'string' ? objectIn(found, what) : asObject(found, what)
  const cookie = record['cookie'] as { readonly expires?: unknown } | null | undefined
  const expiresAt = timeIn(cookie?.expires)
  if (expiresAt !== undefined && expiresAt <= now) return undefined
  const values = Object.fromEntries(
    Object.entries(record).filter(([key, value]) => !THEIRS.has(key) && typeof value !== 'function'),
  )
  return { values, ...(expiresAt !== undefined && { expiresAt }), end: () => store.end(id) }
}
