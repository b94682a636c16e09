import { driverErrorOf } from '../failure.js'

/** mysql2's names for the server's errors that the store answers to. */
export const codes = {
  duplicateEntry: 'ER_DUP_ENTRY',
  noSuchTable: 'ER_NO_SUCH_TABLE',
  parseError: 'ER_PARSE_ERROR',
  deadlock: 'ER_LOCK_DEADLOCK',
  lockWaitTimeout: 'ER_LOCK_WAIT_TIMEOUT',
} as const

/** The driver's error without its `sql`, a copy of the statement in which every argument stands in clear. */
export function withoutStatement(error: unknown): unknown {
  const driver = driverErrorOf(error)
  if (!(driver instanceof Error) || !('sql' in driver)) return error
  const copy = new Error(driver.message)
  copy.stack = driver.stack ?? copy.message
  for (const name of ['code', 'errno', 'sqlState', 'fatal'] as const) {
    if (name in driver) Object.assign(copy, { [name]: driver[name as keyof typeof driver] })
  }
  return copy
}
