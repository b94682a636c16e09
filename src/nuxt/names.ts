/** The name of the session of `server/session.ts`. */
export const MAIN = 'session'

/** Where pages ask for their session. */
export const API = '/api/_session'
