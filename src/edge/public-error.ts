import { SessionError, SeveralSessionsError, StoreError } from '../core/errors.js'

/** What a client may read of an error: what a store says of its server (a host, a driver's own words) is for the log. */
export function publicMessage(error: SessionError): string {
  return error instanceof StoreError ? 'The session store failed or did not answer in time.' : error.message
}

/** A mistake in the app or its deploy, which belongs in a log. An outage is none, and what a visitor did wrong is neither. */
export function isMistake(error: SessionError): boolean {
  if (error instanceof SeveralSessionsError)
    return error.errors.some((each) => !(each instanceof SessionError) || isMistake(each))
  return error.status >= 500 && !(error instanceof StoreError)
}

/** The status that an error asks for, as most frameworks read it. */
export function statusOfError(error: unknown): number {
  const { status, statusCode } = (typeof error === 'object' && error !== null ? error : {}) as Record<string, unknown>
  const number = Number(status || statusCode)
  return Number.isInteger(number) && number >= 400 && number <= 599 ? number : 500
}

/** The body of an error page, in the form of h3 2's. */
export function pageOf(error: unknown): object {
  const status = statusOfError(error)
  if (!(error instanceof SessionError)) return { status, message: status < 500 ? 'Request failed' : 'Server Error' }
  const message = isMistake(error) ? 'Server Error' : publicMessage(error)
  return { status, message, data: { code: error.code } }
}
