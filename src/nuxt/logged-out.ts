import { SessionError } from '../core/errors.js'

/** What a guarded route answers to a visitor without what it requires. */
export function loggedOut(): SessionError {
  return new SessionError('ERR_SESSION_REQUIRED', 'This needs a login.', { status: 401 })
}
