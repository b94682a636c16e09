import { expiresAtAfterUse } from '../../core/deadline.js'
import type { Contents } from '../record/contents.js'
import type { StoredSession } from '../record/records.js'
import { attributesFromText } from '../transport/cookie-attributes.js'
import type { IdLifetime, SessionTransport, TransportResponse } from '../transport/transport.js'
import type { UnitOfWork } from './unit-of-work.js'

/**
 * What a request has for the client, and what becomes of it in the response.
 *
 * | announcement | comes from                                                     | the response         |
 * | ------------ | -------------------------------------------------------------- | -------------------- |
 * | `none`       | nothing has changed for the client                             | says nothing         |
 * | `created`    | a first commit, `regenerate()`, `rotate()`, automatic rotation | sends the new id     |
 * | `renewed`    | a persistent session that lives longer; other cookie options   | sends the id again   |
 * | `clear`      | `destroy()` of a session that was stored                       | removes the cookie   |
 *
 * @returns true when an id has gone out
 */
export function announceTo(unit: UnitOfWork, transport: SessionTransport, response: TransportResponse): boolean {
  const { announcement, id, stored } = unit
  if (announcement === 'clear') {
    transport.clear(response, attributesFromText(stored?.contents.cookie))
    clearSite(unit, response)
  }
  if (id === undefined || !stored || (announcement !== 'created' && announcement !== 'renewed')) return false
  transport.write(response, id, announcement === 'created', lifetimeFor(unit, stored))
  return true
}

/** What else the browser forgets with a logout. */
export function clearSite({ runtime }: UnitOfWork, response: TransportResponse): void {
  const { clearSiteData } = runtime.policies
  if (clearSiteData !== undefined) response.setHeader('clear-site-data', clearSiteData)
}

/** How the client is to keep what it is sent of a session. */
export function lifetimeFor({ runtime }: UnitOfWork, { contents }: StoredSession): IdLifetime {
  const now = runtime.clock()
  const seconds = Math.ceil((expiresAtAfterUse(contents.lifetime, now) - now) / 1000)
  const maxAge = runtime.policies.isPersistent(contents) ? seconds : undefined
  return { maxAge, cookie: attributesFromText(contents.cookie) }
}

/** Whether the client's cookie has to change, or to live longer, with the record. */
export function isNewsToClient({ runtime }: UnitOfWork, before: Contents, after: Contents): boolean {
  return (
    runtime.policies.isPersistent(after) || before.persistent !== after.persistent || before.cookie !== after.cookie
  )
}
