import { expiresAtAfterUse } from '../../core/deadline.js'
import type { Contents } from '../record/contents.js'
import { attributesFromText } from '../transport/cookie-attributes.js'
import type { SessionTransport, TransportResponse } from '../transport/transport.js'
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
  const { announcement, id, stored, runtime } = unit
  const cookie = attributesFromText(stored?.contents.cookie)
  if (announcement === 'clear') transport.clear(response, cookie)
  if (id === undefined || !stored || (announcement !== 'created' && announcement !== 'renewed')) return false
  const { lifetime } = stored.contents
  const now = runtime.clock()
  const seconds = Math.ceil((expiresAtAfterUse(lifetime, now) - now) / 1000)
  const maxAge = runtime.policies.isPersistent(stored.contents) ? seconds : undefined
  transport.write(response, id, announcement === 'created', { maxAge, cookie })
  return true
}

/** Whether the client's cookie has to change, or to live longer, with the record. */
export function isNewsToClient({ runtime }: UnitOfWork, before: Contents, after: Contents): boolean {
  return (
    runtime.policies.isPersistent(after) || before.persistent !== after.persistent || before.cookie !== after.cookie
  )
}
