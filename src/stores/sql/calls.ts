import { SessionError, StoreError } from '../../core/errors.js'
import {
  codeOf,
  connectFailure,
  driverErrorOf,
  isSafe,
  missingLibrary,
  networkAddressOf,
  networkCodeOf,
  safeFailure,
} from '../failure.js'

import type { OpenOnce } from '../open-once.js'
import type { StoreCallOptions } from '../port.js'
import type { Source } from './pool.js'

/** What a call needs to know of its database when it fails. */
export interface Dialect<Opened> {
  /** The store's factory: `postgresStore` */
  readonly store: string
  /** For messages: `PostgreSQL database` */
  readonly backend: string
  /** What to install. */
  readonly libraries: string
  readonly table: string
  /** The function that makes the table for drizzle-kit: `postgresTable()` */
  readonly tableFunction: string
  isMissingTable(error: Error): boolean
  /** What of a driver's error may be shown at all, for drivers that put the whole statement into it. */
  presentable?(error: unknown): unknown
  /** Codes of failures that undid the statement and are over when it is sent again: a deadlock, a lost serialization race. */
  readonly transientCodes?: readonly string[]
  /** What a failure means that comes again until somebody changes something. Asked only then, so it may ask the database. */
  explain?: (failure: Explained<Opened>) => Promise<SessionError | undefined>
  /** Whether a failure leaves the connection in a state that nothing more may be written in. */
  spoils?(error: unknown): boolean
}

/** A failure that a dialect may know more about. */
export interface Explained<Opened> {
  /** Of the driver. */
  readonly code: string
  readonly error: Error
  /** How large the record was that was to be written; 0 for none. */
  readonly bytes: number
  /** Asks the database, on a connection that may be another one. */
  readonly ask: <T>(run: (opened: Opened) => PromiseLike<T>) => PromiseLike<T>
}

/** Runs a call on the opened connection, unless it is aborted by then. `args` are what no error may show. */
export type Call<Opened> = <T>(
  options: StoreCallOptions | undefined,
  args: Record<string, unknown>,
  run: (opened: Opened) => PromiseLike<T>,
) => Promise<T>

const attempts = 5

/** Calls that open the connection, repeat what a deadlock undid, and let no argument out in an error. */
export function sqlCalls<Opened>(dialect: Dialect<Opened>, connection: OpenOnce<Source<Opened>>): Call<Opened> {
  let last: Promise<unknown> = Promise.resolve()
  /** In turn where a failure spoils the connection: what ran on it before it is replaced would be acknowledged and lost. */
  const inTurn = <T>(attempt: () => Promise<T>): Promise<T> => {
    if (!dialect.spoils) return attempt()
    const turn = last.then(attempt)
    last = turn.catch(() => {})
    return turn
  }
  const attemptOnce = async <T>(
    signal: AbortSignal | undefined,
    run: (opened: Opened) => PromiseLike<T>,
  ): Promise<T> => {
    const opened = await connection.get(signal)
    try {
      return await opened.use(signal, run)
    } catch (error) {
      if (dialect.spoils?.(error)) await connection.discard(opened)
      throw error
    }
  }
  return async (options, args, run) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await inTurn(() => attemptOnce(options?.signal, run))
      } catch (error) {
        if (attempt < attempts && dialect.transientCodes?.includes(driverCodeOf(error))) continue
        const failure = dialect.presentable?.(error) ?? error
        throw (
          missingLibrary(failure, dialect.store, dialect.libraries) ??
          missingTable(failure, args, dialect) ??
          (await explained(dialect, failure, args, async (run) =>
            (await connection.get(options?.signal)).use(options?.signal, run),
          )) ??
          unreachable(failure, args, dialect.backend) ??
          safeFailure(failure, args, dialect.backend)
        )
      }
    }
  }
}

/** What the dialect makes of a failure, unless that fails too. */
export async function explained<Opened>(
  dialect: Pick<Dialect<Opened>, 'explain'>,
  failure: unknown,
  args: Record<string, unknown>,
  ask: Explained<Opened>['ask'],
): Promise<SessionError | undefined> {
  const error = driverErrorOf(failure)
  if (!dialect.explain || !(error instanceof Error) || error instanceof SessionError) return undefined
  const bytes = args['bytes'] instanceof Uint8Array ? args['bytes'].length : 0
  const unknown = () => undefined
  return dialect.explain({ code: networkCodeOf(error) ?? codeOf(error), error, bytes, ask }).catch(unknown)
}

/** A failure of the network on a database that was given: where it happened is known only if the driver says so. */
function unreachable(failure: unknown, args: Record<string, unknown>, backend: string): StoreError | undefined {
  // A connection of the store itself has been named already, with its port.
  if (failure instanceof SessionError) return undefined
  const driver = driverErrorOf(failure)
  const address = networkAddressOf(driver)
  if (networkCodeOf(driver) === undefined || address === undefined) return undefined
  return connectFailure(driver, backend, address, args)
}

/** The code that the database or its driver gave the error. */
export function driverCodeOf(error: unknown): string {
  return codeOf(driverErrorOf(error))
}

function missingTable(error: unknown, args: Record<string, unknown>, dialect: Dialect<never>): StoreError | undefined {
  const driver = driverErrorOf(error)
  if (!(driver instanceof Error) || !dialect.isMissingTable(driver)) return undefined
  return new StoreError(
    `The table ${dialect.table} does not exist in the ${dialect.backend}. Create it with a migration (${dialect.tableFunction} for drizzle-kit) or pass initTable: true.`,
    isSafe(driver, args) ? { cause: driver } : {},
  )
}
