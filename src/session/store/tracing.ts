import diagnosticsChannel from 'node:diagnostics_channel'

/** One store call, from its beginning to its answer. */
export interface StoreCall {
  /** The name of the definition. */
  readonly session: string
  /** `read`, `create`, `update`, `touch`, `destroy`, `move`, `collectGarbage`, or a step of `scan` or `bySubject`. */
  readonly operation: string
  /** When it has ended: the answer of the store; `found` or `absent` for a read. Never what was read. */
  readonly result?: string
  /** When it has failed: a StoreError. */
  readonly error?: unknown
}

/**
 * For tracers that want durations: `diagnostics_channel.tracingChannel('zession:store').subscribe({ start, asyncEnd, error, ... })`.
 * Each message is a {@link StoreCall}, the same object from `start` to `asyncEnd`. Without a subscriber it costs nothing.
 */
const channel = diagnosticsChannel.tracingChannel<string, StoreCall>('zession:store')

export function isTraced(): boolean {
  return channel.hasSubscribers
}

/** Runs a store call and tells the channel. */
export async function traced<T>(session: string, operation: string, run: () => Promise<T>): Promise<T> {
  let answer: T | undefined
  // Not the answer itself: it becomes `result`, which every subscriber sees.
  await channel.tracePromise(async () => outcomeOf((answer = await run())), { session, operation })
  return answer as T
}

function outcomeOf(answer: unknown): string {
  if (typeof answer === 'string') return answer
  if (typeof answer === 'number') return 'ok'
  return answer === undefined ? 'absent' : 'found'
}
