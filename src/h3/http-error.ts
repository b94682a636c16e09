import { SessionError } from '../core/errors.js'
import { isMistake, publicMessage } from '../edge/public-error.js'

/**
 * What leaves a handler as an error of a session, in the form of h3's own errors: h3 logs any other error as a bug of the app,
 * and tells its client nothing about it. `cause` is the error of the session.
 */
class SessionHttpError extends Error {
  /** How h3 v1 knows its own errors, also from another copy of h3. */
  static readonly __h3_error__ = true

  /** How h3 v2 knows its own errors. */
  override readonly name = 'HTTPError'
  readonly code: string
  readonly status: number
  readonly statusText = undefined
  readonly statusMessage = undefined
  readonly headers = undefined
  readonly body = undefined
  readonly fatal = false
  /** What the client gets besides. */
  readonly data: { readonly code: string }
  unhandled: boolean | undefined

  constructor(cause: SessionError) {
    // H3 sends messages to the client.
    super(publicMessage(cause), { cause })
    this.code = cause.code
    this.status = cause.status
    this.data = { code: cause.code }
    this.unhandled = isMistake(cause) || undefined
  }

  get statusCode(): number {
    return this.status
  }

  /** The body of h3 v2's error page, which hides the messages of its unhandled errors too. */
  toJSON(): object {
    const { status, unhandled, message, data } = this
    return { status, unhandled, message: unhandled ? this.name : message, data }
  }
}

/** The error as h3 knows its own, where it is one of a session; any other as it is. */
export function toHttpError(error: unknown): unknown {
  return error instanceof SessionError ? new SessionHttpError(error) : error
}
