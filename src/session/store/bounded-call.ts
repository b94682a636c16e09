import { SessionError, StoreError } from '../../core/errors.js'
import { areTimersFaked, FAKE_LESS, turn } from '../../core/timers.js'
import type { StoreCallOptions } from '../../stores/port.js'
import { createTimeouts } from './time-limits.js'
import { isTraced, traced } from './tracing.js'

/**
 * Makes one call of a store: it ends within the time limit, and what it fails with is a SessionError, of a driver a StoreError.
 * @param what the name of the call, for errors and traces
 * @param onFailure hears of the failure before the caller does
 * @param mayRepeat whether a call that fails soon is made once more, within the same limit
 */
export type BoundedCall = <T>(
  what: string,
  run: (options: StoreCallOptions) => Promise<T>,
  onFailure?: (error: unknown) => void,
  mayRepeat?: boolean,
) => Promise<T>

export function createBoundedCall(session: string, timeoutMs: number): BoundedCall {
  const timeouts = createTimeouts(timeoutMs)

  return function call<T>(
    what: string,
    run: (options: StoreCallOptions) => Promise<T>,
    onFailure?: (error: unknown) => void,
    mayRepeat = false,
    mayTrace = isTraced(),
  ): Promise<T> {
    if (mayTrace) return traced(session, what, () => call(what, run, onFailure, mayRepeat, false))
    let first: { readonly cause: unknown } | undefined
    let isOver = false
    let resolve!: (answer: T) => void
    let reject!: (error: unknown) => void
    // By hand rather than by Promise.race, on which every request would spend five promises.
    const answered = new Promise<T>((onAnswer, onError) => {
      resolve = onAnswer
      reject = onError
    })
    const waiting = timeouts.begin(() => {
      const message = `The store of session \`${session}\` did not answer \`${what}\` within ${timeoutMs} ms (\`storeTimeout\`).${faked()}`
      refuse(new StoreError(message, { timeout: true, ...first }))
    })
    try {
      run(waiting.batch.options).then(succeed, fail)
    } catch (error) {
      fail(error)
    }
    return answered

    function succeed(answer: T): void {
      isOver = true
      timeouts.end(waiting)
      resolve(answer)
    }

    function fail(error: unknown): void {
      if (mayRepeat && !first && isWorthRepeating(error) && timeouts.isEarly(waiting)) {
        first = { cause: error }
        // Not in this very step: what has cut one connection may have cut others that the driver has not noticed yet.
        void turn()
          .then(() => run(waiting.batch.options))
          .then(succeed, fail)
        return
      }
      timeouts.end(waiting)
      const message = `The store of session \`${session}\` failed on \`${what}\` (see cause).`
      refuse(error instanceof SessionError ? error : new StoreError(message, { cause: error }))
    }

    /** Once: an answer may still come after the time limit. */
    function refuse(error: unknown): void {
      if (isOver) return
      isOver = true
      onFailure?.(error)
      reject(error)
    }
  }
}

/** Not a time-out, which would only take as long again, nor what is wrong with the app, its options or a record. */
function isWorthRepeating(error: unknown): boolean {
  return !(error instanceof SessionError) || (error instanceof StoreError && error.code === 'ERR_SESSION_STORE')
}

/** What else a developer must know of a time-out in a test. */
function faked(): string {
  return areTimersFaked()
    ? ` setTimeout is faked: the test has moved it on while the call was in flight, or the store waits for a timer that nobody moves on. ${FAKE_LESS}`
    : ''
}
