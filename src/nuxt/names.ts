/** The name of the session of `server/session.ts`. */
export const MAIN = 'session'

/** Where pages ask for their session. */
export const API = '/api/_session'

/** What a response says of the sessions that its request has changed: `session=hash`, as pages know them by. */
export const CHANGED = 'zession-changed'
