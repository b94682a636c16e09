import type { Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { codeOf } from '../failure.js'
import { isServedElsewhere, wordOf } from './answers.js'
import { type Ioredis, ioredisClient } from './ioredis.js'
import type { Client } from './port.js'

/** A client, and whether calls can be sent over it. */
export interface Connection {
  readonly client: Client
  /** Whether a call with this signal can be sent now; it is then watched. Else wait for `ready`. */
  canSend(signal: AbortSignal | undefined): boolean
  /** Ends when a call can be sent. @throws the reason why not, or that of the signal if it has aborted meanwhile */
  ready(signal: AbortSignal | undefined): Promise<void>
  /** Why the connection was lost or could not be made, while that is so: a code, or a word of the server. */
  readonly trouble: string | undefined
  close(): Promise<void>
}

/**
 * A connection that the store owns. It is opened by the first call, and again whenever it was lost. ioredis by itself keeps a
 * connection that is silent for as long as the system does, which is a quarter of an hour, and sends what waited meanwhile. So
 * here calls wait outside of its queue, and a connection is given up when a call has waited its whole time over it and
 * nothing has come.
 */
export async function openConnection(url: string): Promise<Connection> {
  const { Redis } = await import('ioredis')
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 5000,
    // For what nobody limits: a handshake, a step of a walk.
    socketTimeout: 10_000,
    // What is asked for in one turn of the event loop leaves in one write: under load half of the driver's work.
    enableAutoPipelining: true,
    // No command is sent a second time after its connection was lost, because the first may have been carried out: it
    // fails at once, and the session layer reads what became of it.
    maxRetriesPerRequest: 0,
    // Nothing is sent whose time has passed while it waited for a connection.
    enableOfflineQueue: false,
    retryStrategy: (attempt: number) => Math.min(25 * 2 ** attempt, 1000),
    // A master that became a replica: the address may lead to the new master by now.
    reconnectOnError: (error: Error) => isServedElsewhere(error),
  })

  let trouble: string | undefined
  let attempt: Attempt | undefined
  // Its end is still to come, and is none of the next attempt.
  let givenUp: Socket | undefined

  const finish = (end: (attempt: Attempt) => void) => {
    const finished = attempt
    attempt = undefined
    if (finished) end(finished)
  }
  const fail = () => finish(({ reject }) => reject(new NotConnected()))
  // Without a listener ioredis writes to the console; the failures themselves reach who made the calls.
  redis.on('error', (error: Error) => {
    trouble = wordOf(error) ?? (/^Socket timeout/.test(error.message) ? silent : codeOf(error))
  })
  redis.on('ready', () => {
    trouble = undefined
    finish(({ resolve }) => resolve())
  })
  redis.on('close', () => {
    const expected = givenUp !== undefined && givenUp === redis.stream
    givenUp = undefined
    if (!expected) fail()
  })
  redis.on('end', fail)

  const silence = watchSilence(
    () => redis.stream as Socket | undefined,
    (socket) => {
      trouble = silent
      givenUp = socket
    },
  )

  /** Ends with the attempt to connect that is made now or next. */
  function attempted(): Promise<void> {
    attempt ??= newAttempt()
    if (redis.status === 'wait' || redis.status === 'end') redis.connect().catch(() => undefined)
    return attempt.promise
  }

  return {
    client: ioredisClient(redis as unknown as Ioredis),

    canSend(signal) {
      if (signal) silence.watch(signal)
      return redis.status === 'ready' && givenUp === undefined
    },

    async ready(signal) {
      await attempted()
      signal?.throwIfAborted()
      if (signal) silence.watch(signal)
    },

    get trouble() {
      return trouble
    },

    /** Waits for the commands in flight, for a bounded time. */
    async close() {
      // By then the commands of this turn are sent.
      await setImmediate()
      if (redis.status === 'ready') {
        const late = setTimeout(() => redis.disconnect(), 2000)
        await redis.quit().catch(() => undefined)
        clearTimeout(late)
      }
      redis.disconnect()
    },
  }
}

/**
 * A client of the user's own has queues, limits and reconnects as its settings say. It hears of calls that waited in vain, once
 * for each signal.
 */
export function givenConnection(client: Client): Connection {
  const seen = new WeakSet<AbortSignal>()
  const watch = (signal: AbortSignal) => {
    if (seen.has(signal)) return
    seen.add(signal)
    signal.addEventListener('abort', () => isTimeout(signal.reason) && client.unanswered(), { once: true })
  }
  return {
    client,
    canSend(signal) {
      if (signal) watch(signal)
      return true
    },
    ready: async () => undefined,
    trouble: undefined,
    close: async () => undefined,
  }
}

interface Attempt {
  readonly promise: Promise<void>
  readonly resolve: () => void
  readonly reject: (reason: Error) => void
}

function newAttempt(): Attempt {
  let [resolve, reject]: [() => void, (reason: Error) => void] = [() => undefined, () => undefined]
  const promise = new Promise<void>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}

/** No attempt to connect succeeded while the call waited. */
export class NotConnected extends Error {
  override readonly name = 'NotConnected'
  /** @param cause what the library knows of the reason */
  constructor(cause?: unknown) {
    super('', { cause })
  }
}

/** What is said of a connection on which nothing came. */
const silent = 'no answer'

/**
 * Gives up a connection when a call's time is up and nothing has come over it since the last call with that limit was sent. A
 * server that is only slow answers others meanwhile, because Redis answers in order.
 *
 * One listener for each signal, not for each call: the session layer has ten of them in one time limit.
 */
function watchSilence(current: () => Socket | undefined, onGivenUp: (socket: Socket) => void) {
  const sent = new WeakMap<AbortSignal, { socket: Socket | undefined; heard: number | undefined }>()
  return {
    watch(signal: AbortSignal): void {
      const socket = current()
      const heard = socket?.bytesRead
      const known = sent.get(signal)
      if (known) {
        known.socket = socket
        known.heard = heard
        return
      }
      const last = { socket, heard }
      sent.set(signal, last)
      const judge = () => {
        // Whoever left before the time was up has learned nothing about the connection.
        if (!isTimeout(signal.reason) || !last.socket || last.socket.destroyed) return
        if (last.socket !== current() || last.socket.bytesRead !== last.heard) return
        onGivenUp(last.socket)
        reset(last.socket)
      }
      signal.addEventListener('abort', judge, { once: true })
    },
  }
}

const isTimeout = (reason: unknown) => reason instanceof Error && reason.name === 'TimeoutError'

/** By a reset where that can be: after an ordinary end the system goes on trying to deliver what was written. */
function reset(socket: Socket): void {
  try {
    if (!socket.connecting) socket.resetAndDestroy()
  } catch {
    // TLS, or the socket of a path.
  }
  socket.destroy()
}
