import { SessionError, StoreError } from '../core/errors.js'
import { shows } from '../core/shows.js'

/**
 * What may leave a store after a failure: the driver's own error when nothing in it, down to the last property and cause,
 * shows an argument of the failed call; otherwise a {@link StoreError} with no more than the driver's code. Drivers put keys
 * and values into their messages. An unlucky short argument errs towards the second.
 * @param backend for the message: `SQLite database`
 */
export function safeFailure(error: unknown, args: Readonly<Record<string, unknown>>, backend: string): unknown {
  if (error instanceof SessionError) return error
  const driver = driverErrorOf(error)
  if (isSafe(driver, args)) return driver
  return new StoreError(
    `The ${backend} failed (${codeOf(driver)}). Its own message is withheld because it holds session data.`,
  )
}

/** The error of the driver itself: Drizzle wraps it in one whose message holds every parameter in clear. */
export function driverErrorOf(error: unknown): unknown {
  let inner = error
  while (inner instanceof Error && isDrizzles(inner) && inner.cause !== undefined) inner = inner.cause
  return inner
}

/** Whether an error shows no argument of the failed call, so that it may be somebody's `cause`. */
export function isSafe(error: unknown, args: Readonly<Record<string, unknown>>): boolean {
  return error instanceof Error && !isDrizzles(error) && !shows(error, Object.values(args))
}

/**
 * The error for a missing library, or undefined when `error` is another failure.
 * @param libraries as `npm install` takes them, with the major version that we know: a newer one may come any day
 */
export function missingLibrary(error: unknown, store: string, libraries: string): SessionError | undefined {
  const code = codeOf(error)
  if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') return undefined
  return new SessionError(
    'ERR_SESSION_MISSING_LIBRARY',
    `${store} needs libraries that are not installed. Run: npm install ${libraries}`,
    { cause: error },
  )
}

/** Host and port of a server's URL, for messages: never the user or the password. */
export function addressOf(url: string, defaultPort: number): string {
  const { hostname, port } = new URL(url)
  return `${hostname || 'localhost'}:${port || defaultPort}`
}

/**
 * The error for a connection that could not be opened: which server, and the driver's code.
 * @param address host and port: see {@link addressOf}
 * @param secrets user and password: an error of the driver that shows one of them does not become the `cause`
 */
export function connectFailure(
  error: unknown,
  backend: string,
  address: string,
  secrets: Readonly<Record<string, unknown>> = {},
): StoreError {
  const driver = driverErrorOf(error)
  const code = networkCodeOf(driver)
  const what =
    code === undefined
      ? `refused the connection (${codeOf(driver)}). Check the user, the password and the name of the database.`
      : `cannot be reached (${code}). Check the host and the port, and whether the server runs.`
  return new StoreError(`The ${backend} at ${address} ${what}`, isSafe(driver, secrets) ? { cause: driver } : {})
}

/** Without what drivers hang onto their errors: requests, answers, the state of a cluster. */
export function bareError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof SessionError) return error
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {}
  const own = Object.assign(new Error(error.message), code)
  Object.defineProperty(own, 'name', { value: error.name })
  Object.defineProperty(own, 'stack', { value: error.stack })
  return own
}

/** The code of a failure of the network, which a driver may have wrapped; undefined for what a server answered. */
export function networkCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const code = codeOf(error)
  if (networkCodes.has(code)) return code
  // Node tries every address of a host, and reports all of their failures in one.
  const inner = error instanceof AggregateError ? error.errors[0] : error.cause
  return inner === error ? undefined : networkCodeOf(inner)
}

/** Where a failure of the network happened, if Node says so. */
export function networkAddressOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const { address, hostname, port } = error as { address?: unknown; hostname?: unknown; port?: unknown }
  const host = address ?? hostname
  if (typeof host === 'string') return typeof port === 'number' ? `${host}:${port}` : host
  return networkAddressOf(error instanceof AggregateError ? error.errors[0] : error.cause)
}

const networkCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
])

/** The driver's code, which is safe to show. */
export function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' || typeof code === 'number' ? String(code) : 'no code'
}

function isDrizzles(error: Error): boolean {
  return ('query' in error && 'params' in error) || error.name === 'DrizzleError'
}
