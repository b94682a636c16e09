/** Every stable code an error of this library can carry. Match on these, never on message text. */
export type SessionErrorCode =
  | 'ERR_SESSION_CONFIG'
  | 'ERR_SESSION_VALIDATION'
  | 'ERR_SESSION_UNKNOWN_KEY'
  | 'ERR_SESSION_CODEC'
  | 'ERR_SESSION_TOO_LARGE'
  | 'ERR_SESSION_UNREADABLE'
  | 'ERR_SESSION_MISDEPLOY'
  | 'ERR_SESSION_MIGRATION'
  | 'ERR_SESSION_CONFLICT'
  | 'ERR_SESSION_GONE'
  | 'ERR_SESSION_DESTROYED'
  | 'ERR_SESSION_READONLY'
  | 'ERR_SESSION_HEADERS_SENT'
  | 'ERR_SESSION_NOT_INSTALLED'
  | 'ERR_SESSION_CACHED'
  | 'ERR_SESSION_STORE'
  | 'ERR_SESSION_STORE_TIMEOUT'
  | 'ERR_SESSION_MISSING_LIBRARY'
  | 'ERR_SESSION_LIMIT'
  | 'ERR_SESSION_STALE'
  | 'ERR_SESSION_REQUIRED'
  | 'ERR_SESSION_SEVERAL'
  | 'ERR_SESSION_CSRF'

/**
 * Base of every error this library throws. The message says what happened, with what, and what to do; it never
 * contains a session id, a secret or a session value. `status` and `statusCode` are what an HTTP edge should answer
 * (h3 v2 reads the first, h3 v1 the second).
 */
export class SessionError extends Error {
  /** The name of the class, for logs. Match on `code`. */
  override readonly name: string = 'SessionError'
  /** What went wrong, as a word that never changes: `ERR_SESSION_GONE`, for instance. */
  readonly code: SessionErrorCode
  /** The HTTP status to answer with: 500 for a mistake in code, 503 for an outage, 4xx where the client can do something. */
  readonly status: number

  constructor(code: SessionErrorCode, message: string, options?: { cause?: unknown; status?: number }) {
    super(message, options && 'cause' in options ? { cause: options.cause } : undefined)
    this.code = code
    this.status = options?.status ?? 500
  }

  /** The same as `status`, under the name that h3 1 and Nitro 2 read. */
  get statusCode(): number {
    return this.status
  }
}

/** A mistake in the options or the schema, found when the session is defined. */
export class SessionConfigError extends SessionError {
  override readonly name = 'SessionConfigError'

  constructor(message: string, options?: { cause?: unknown }) {
    super('ERR_SESSION_CONFIG', message, options)
  }
}

/** One thing wrong with one value: where, what was expected, and the shape (never the content) of what came. */
export interface ValidationIssue {
  /** Where, beginning with the key: `cart[0].qty`. */
  readonly path: string
  /** What the schema takes there. */
  readonly expected: string
  /** The shape of what came, `string of 3 characters` for instance. Never its content. */
  readonly received: string
}

/** A value that the schema refuses, on write or, with `onInvalid: 'throw'`, on read. */
export class SessionValidationError extends SessionError {
  override readonly name = 'SessionValidationError'
  /** One for each value that was refused. */
  readonly issues: readonly ValidationIssue[]

  constructor(message: string, issues: readonly ValidationIssue[], options?: { cause?: unknown }) {
    super('ERR_SESSION_VALIDATION', message, options)
    this.issues = issues
  }
}

/** A value that the codec cannot carry without loss (`path` says where), or a codec that failed. */
export class CodecError extends SessionError {
  override readonly name = 'CodecError'
  /** Where the value is, beginning with the key: `cart[0].price`. Empty when it is not in one place. */
  readonly path: string

  constructor(message: string, path: string, options?: { cause?: unknown }) {
    super('ERR_SESSION_CODEC', message, options)
    this.path = path
  }
}

/** Stored bytes that are damaged: truncated, flipped, foreign or hostile. Handled by `onUnreadable`. */
export class UnreadableRecordError extends SessionError {
  override readonly name = 'UnreadableRecordError'

  constructor(message: string, options?: { cause?: unknown }) {
    super('ERR_SESSION_UNREADABLE', message, options)
  }
}

/**
 * Stored bytes that are fine but written by a format or codec this process does not know: a deploy that forgot
 * something. Answered with 503 and never reset, so that putting the codec back loses nothing.
 */
export class MisdeployError extends SessionError {
  override readonly name = 'MisdeployError'

  constructor(message: string) {
    super('ERR_SESSION_MISDEPLOY', message, { status: 503 })
  }
}

/** A migration threw, was async, or gave what its target schema refuses. The record stays as it is, so mending it loses nothing. */
export class SessionMigrationError extends SessionError {
  override readonly name = 'SessionMigrationError'
  /** The schema version that the migration starts from. */
  readonly from: number
  /** The schema version that it migrates to. */
  readonly to: number

  constructor(message: string, options: { from: number; to: number; cause?: unknown }) {
    super('ERR_SESSION_MIGRATION', message, options)
    this.from = options.from
    this.to = options.to
  }
}

/** The store failed or did not answer in time. `cause` is the store's own error. */
export class StoreError extends SessionError {
  override readonly name = 'StoreError'

  constructor(message: string, options?: { cause?: unknown; timeout?: boolean }) {
    super(options?.timeout ? 'ERR_SESSION_STORE_TIMEOUT' : 'ERR_SESSION_STORE', message, { ...options, status: 503 })
  }
}

/** Parallel requests kept changing the same session until the bounded number of attempts was used up. */
export class SessionConflictError extends SessionError {
  override readonly name = 'SessionConflictError'

  constructor(message: string) {
    super('ERR_SESSION_CONFLICT', message, { status: 409 })
  }
}

/** The session was ended elsewhere (logout, new id, expiry) while this request held it. */
export class SessionGoneError extends SessionError {
  override readonly name = 'SessionGoneError'

  constructor(message: string) {
    super('ERR_SESSION_GONE', message, { status: 409 })
  }
}

/** `requireRecent` asks for a newer login than this session has. Answered with 401: ask for the credentials again. */
export class SessionStaleError extends SessionError {
  override readonly name = 'SessionStaleError'
  /** The age that is allowed, in seconds. */
  readonly seconds: number

  constructor(message: string, seconds: number) {
    super('ERR_SESSION_STALE', message, { status: 401 })
    this.seconds = seconds
  }
}

/** Several sessions of one request failed to commit: `errors` has one for each. `status` is the worst of theirs. */
export class SeveralSessionsError extends SessionError {
  override readonly name = 'SeveralSessionsError'
  /** What failed, one for each session: a SessionError mostly. */
  readonly errors: readonly unknown[]

  constructor(errors: readonly unknown[]) {
    const statuses = errors.map((error) => (error instanceof SessionError ? error.status : 500))
    const codes = errors.map((error) => (error instanceof SessionError ? error.code : 'no code'))
    super('ERR_SESSION_SEVERAL', `${errors.length} sessions of one request were not stored (${codes.join(', ')}).`, {
      status: Math.max(...statuses),
    })
    this.errors = errors
  }
}

/** A subject has as many sessions as `maxPerSubject` allows, and `onLimit` is `'refuse'`. */
export class SessionLimitError extends SessionError {
  override readonly name = 'SessionLimitError'

  constructor(message: string) {
    super('ERR_SESSION_LIMIT', message, { status: 409 })
  }
}

/** A request that another site may have made in the visitor's name. Answered with 403. */
export class CsrfError extends SessionError {
  override readonly name = 'CsrfError'

  constructor(message: string) {
    super('ERR_SESSION_CSRF', message, { status: 403 })
  }
}

/** This handle's session was ended by `destroy()` in this very request. */
export class SessionDestroyedError extends SessionError {
  override readonly name = 'SessionDestroyedError'

  constructor(message: string) {
    super('ERR_SESSION_DESTROYED', message)
  }
}
