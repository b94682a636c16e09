import { inspect } from 'node:util'
import { SessionError, StoreError } from '../../core/errors.js'

/** The error of the driver itself: Drizzle wraps it in one whose message holds every parameter in clear. */
function driverErrorOf(error: unknown): unknown {
  let inner = error
  while (inner instanceof Error && isDrizzles(inner) && inner.cause !== undefined) inner = inner.cause
  return inner
}

/**
 * What may leave the store after a failure: the driver's own error when nothing in it, down to the last property and
 * cause, shows a parameter of the failed call; otherwise a {@link StoreError} with no more than the driver's code.
 * An unlucky short parameter errs towards the second.
 */
export function safeFailure(error: unknown, args: Readonly<Record<string, unknown>>, table: string): unknown {
  if (error instanceof SessionError) return error
  const driver = driverErrorOf(error)
  const code = codeOf(driver)
  const safe = driver instanceof Error && !isDrizzles(driver) && !shows(driver, args)
  if (driver instanceof Error && /no such table/.test(driver.message)) {
    return new StoreError(
      `The table ${table} does not exist in the SQLite database. Create it with a migration (sqliteTable() for drizzle-kit) or pass initTable: true.`,
      safe ? { cause: driver } : {},
    )
  }
  if (safe) return driver
  return new StoreError(
    `The SQLite database failed (${code}). Its own message is withheld because it holds session data.`,
  )
}

/** The error for a missing library, or undefined when `error` is another failure. */
export function missingLibrary(error: unknown, libraries: string): SessionError | undefined {
  const code = codeOf(error)
  if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') return undefined
  return new SessionError(
    'ERR_SESSION_MISSING_LIBRARY',
    `sqliteStore needs libraries that are not installed. Run: npm install ${libraries}`,
    { cause: error },
  )
}

function isDrizzles(error: Error): boolean {
  return ('query' in error && 'params' in error) || error.name === 'DrizzleError'
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : 'no code'
}

function shows(error: Error, args: Readonly<Record<string, unknown>>): boolean {
  const text = inspect(error, { depth: 8, showHidden: true, maxStringLength: null, maxArrayLength: null })
  if (/<Buffer|Buffer\(|Uint8Array|ArrayBuffer/.test(text)) return true
  return Object.values(args).some((arg) => {
    if (typeof arg === 'string') return arg !== '' && text.includes(arg)
    if (!(arg instanceof Uint8Array) || arg.length === 0) return false
    const bytes = Buffer.from(arg)
    return (['utf8', 'latin1', 'hex', 'base64'] as const).some((encoding) => text.includes(bytes.toString(encoding)))
  })
}
