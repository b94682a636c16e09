import { setTimeout as sleep } from 'node:timers/promises'

/** Something that calls are made over. */
export interface Source<T> {
  use<R>(signal: AbortSignal | undefined, run: (source: T) => Promise<R>): Promise<R>
  close(): Promise<void>
}

interface Client {
  close(): Promise<void>
}

/**
 * Replaces the client when a call's time is up. The driver cannot give up a write, and gives up a read with its own connection
 * only: of a pool that went silent each further connection would cost one more call its time.
 *
 * The old client stays until the new one has found a primary, and then for as long as the call had waited, for those that
 * still wait for it. So a server that is only slow costs a client at most as often as a call may take.
 *
 * @param open ends when `signal` aborts. It is given the client that is to be replaced.
 */
export function replacedWhenSilent<C extends Client>(
  first: C,
  open: (former: C, signal: AbortSignal) => Promise<C>,
): Source<C> {
  const watched = new WeakMap<AbortSignal, Set<Call<C>>>()
  const retired = new Set<C>()
  const closing = new AbortController()
  let current = first
  let opening: Promise<unknown> | undefined

  /** The calls with this signal: one listener for all of them. */
  function callsOf(signal: AbortSignal): Set<Call<C>> {
    const known = watched.get(signal)
    if (known) return known
    const calls = new Set<Call<C>>()
    watched.set(signal, calls)
    const judge = () => {
      // Whoever left before the time was up has learned nothing about the connection.
      if (!(signal.reason instanceof Error) || signal.reason.name !== 'TimeoutError') return
      for (const { client, began } of calls) if (client === current) replace(performance.now() - began)
    }
    signal.addEventListener('abort', judge, { once: true })
    return calls
  }

  function replace(waited: number): void {
    if (opening || closing.signal.aborted) return
    // In the time that a call has: who is late after it tries again.
    const limit = AbortSignal.any([AbortSignal.timeout(Math.ceil(waited)), closing.signal])
    const attempt = open(current, limit).then(
      (next) => {
        retire(current, waited)
        current = next
      },
      // The old one may find another server by itself.
      () => undefined,
    )
    const over = attempt.finally(() => (opening = undefined))
    // What comes meanwhile does not have to meet the same silence; nor may it lose its time when there is no other server.
    opening = Promise.race([over, sleep(waited / patience, undefined, { ref: false })])
  }

  function retire(client: C, waited: number): void {
    retired.add(client)
    setTimeout(() => {
      if (retired.delete(client)) void client.close()
    }, waited).unref()
  }

  return {
    async use(signal, run) {
      if (opening) {
        await opening
        signal?.throwIfAborted()
      }
      if (!signal) return run(current)
      const call = { client: current, began: performance.now() }
      const calls = callsOf(signal)
      calls.add(call)
      try {
        return await run(current)
      } finally {
        calls.delete(call)
      }
    },
    async close() {
      closing.abort()
      await Promise.all([current, ...retired].map((client) => client.close()))
      retired.clear()
    },
  }
}

const patience = 4

interface Call<C> {
  readonly client: C
  readonly began: number
}
