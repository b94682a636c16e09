import { SessionError, StoreError } from '../../core/errors.js'
import { codeOf, connectFailure, driverErrorOf, isSafe, networkAddressOf, networkCodeOf } from '../failure.js'
import type { Args, Dialect, Explained } from './dialect.js'

/** The code that the database or its driver gave the error. */
export function driverCodeOf(error: unknown): string {
  return codeOf(driverErrorOf(error))
}

/** What the dialect makes of a failure, unless that fails too. */
export async function explained<Opened>(
  explain: (failure: Explained<Opened>) => Promise<SessionError | undefined>,
  failure: unknown,
  args: Args,
  ask: Explained<Opened>['ask'],
): Promise<SessionError | undefined> {
  const error = driverErrorOf(failure)
  if (!(error instanceof Error) || error instanceof SessionError) return undefined
  const bytes = args['bytes'] instanceof Uint8Array ? args['bytes'].length : 0
  const unknown = () => undefined
  return explain({ code: networkCodeOf(error) ?? codeOf(error), error, bytes, ask }).catch(unknown)
}

/** A failure of the network on a database that was given: where it happened is known only if the driver says so. */
export function unreachable(failure: unknown, args: Args, backend: string): StoreError | undefined {
  // A connection of the store itself has been named already, with its port.
  if (failure instanceof SessionError) return undefined
  const driver = driverErrorOf(failure)
  const address = networkAddressOf(driver)
  if (networkCodeOf(driver) === undefined || address === undefined) return undefined
  return connectFailure(driver, backend, address, args)
}

export function missingTable(
  error: unknown,
  args: Args,
  dialect: Pick<Dialect, 'isMissingTable' | 'table' | 'backend' | 'tableFunction'>,
): StoreError | undefined {
  const driver = driverErrorOf(error)
  if (!(driver instanceof Error) || !dialect.isMissingTable(driver)) return undefined
  return new StoreError(
    `The table ${dialect.table} does not exist in the ${dialect.backend}. Create it with a migration (${dialect.tableFunction} for drizzle-kit) or pass initTable: true.`,
    isSafe(driver, args) ? { cause: driver } : {},
  )
}
