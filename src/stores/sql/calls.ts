import type { SessionError } from '../../core/errors.js'
import { inTurn } from '../../core/in-turn.js'
import { missingLibrary, safeFailure } from '../failure.js'
import type { OpenOnce } from '../open-once.js'
import type { StoreCallOptions } from '../port.js'
import type { Args, Connection, Dialect, Explained } from './dialect.js'
import { driverCodeOf, explained, missingTable, unreachable } from './failure.js'
import type { Source } from './pool.js'

/** Runs a call on the opened connection, unless it is aborted by then. `args` are what no error may show. */
export type Call<Opened> = <T>(
  options: StoreCallOptions | undefined,
  args: Args,
  run: (opened: Opened) => PromiseLike<T>,
) => Promise<T>

const attempts = 5

/** Calls that open the connection, repeat what a deadlock undid, and let no argument out in an error. */
export function sqlCalls<Opened extends Connection>(
  dialect: Dialect<Opened>,
  connection: OpenOnce<Source<Opened>>,
  explain: (failure: Explained<Opened>) => Promise<SessionError | undefined>,
): Call<Opened> {
  // In turn where a failure spoils the connection: what ran on it before it is replaced would be acknowledged and lost.
  const scheduled = dialect.spoils ? inTurn() : <T>(attempt: () => Promise<T>) => attempt()
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
    const signal = options?.signal
    for (let attempt = 1; ; attempt++) {
      try {
        return await scheduled(() => attemptOnce(signal, run))
      } catch (error) {
        if (attempt < attempts && dialect.transientCodes?.includes(driverCodeOf(error))) continue
        const failure = dialect.presentable?.(error) ?? error
        throw (
          missingLibrary(failure, dialect.store, dialect.libraries) ??
          missingTable(failure, args, dialect) ??
          (await explained(explain, failure, args, async (ask) => (await connection.get(signal)).use(signal, ask))) ??
          unreachable(failure, args, dialect.backend) ??
          safeFailure(failure, args, dialect.backend)
        )
      }
    }
  }
}
