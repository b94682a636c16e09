import { setImmediate } from 'node:timers/promises'
import { SessionConfigError, StoreError } from '../../core/errors.js'
import { codeOf, safeFailure } from '../failure.js'
import type { Script } from './scripts.js'

type Argument = string | Buffer

/** What the store calls, on a server or on a cluster. */
export interface Client {
  readonly isCluster: boolean
  readonly options: { readonly keyPrefix?: string }
  getBuffer(key: string): Promise<Buffer | null>
  del(key: string): Promise<number | string>
  zrange(key: string, from: number, to: number): Promise<string[]>
  scan(cursor: string, match: 'MATCH', pattern: string, count: 'COUNT', n: number): Promise<[string, string[]]>
  info(section: string): Promise<string>
  evalsha(sha: string, keys: number, ...args: Argument[]): Promise<unknown>
  eval(source: string, keys: number, ...args: Argument[]): Promise<unknown>
}

/** What a cluster has beside that. */
export interface ClusterClient extends Client {
  cluster(command: 'SLOTS'): Promise<unknown>
  nodes(role: 'master'): Client[]
}

/** @throws SessionConfigError when `client` was not made by ioredis */
export function asClient(client: unknown): Client {
  const found = client as Partial<ClusterClient> | null
  const methods = ['getBuffer', 'del', 'zrange', 'scan', 'info', 'evalsha', 'eval'] as const
  const complete = typeof found === 'object' && methods.every((name) => typeof found?.[name] === 'function')
  if (complete && (!found?.isCluster || typeof found.nodes === 'function')) return found as Client
  throw new SessionConfigError(
    'redisStore: client is no client of ioredis. Pass what `new Redis()` or `new Cluster()` returned.',
  )
}

/** @throws SessionConfigError when ioredis could not open the url */
export function checkUrl(url: string): void {
  const usable = /^\/[^\0]+$/.test(url) || (/^rediss?:\/\/./i.test(url) && URL.canParse(url))
  if (usable) return
  throw new SessionConfigError(
    'redisStore: this url is none that ioredis opens. Use redis://host:6379/0, rediss://user:password@host:6379 (TLS) or the path of a socket, /run/redis.sock.',
  )
}

/** A connection that the store owns. It is opened by the first command, and again whenever it was lost. */
export async function openClient(url: string) {
  const { Redis } = await import('ioredis')
  let lastError = 'no code'
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 5000,
    // What is asked for in one turn of the event loop leaves in one write: under load half of the driver's work.
    enableAutoPipelining: true,
    // No command is sent a second time after its connection was lost, because the first may have been carried out: it
    // fails at once, and the session layer reads what became of it. Without a connection, commands wait for one attempt.
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt: number) => Math.min(25 * 2 ** attempt, 1000),
    // A master that became a replica: the address may lead to the new master by now.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
  })
  // Without a listener ioredis writes to the console; the failures themselves reach who made the calls.
  client.on('error', (error: unknown) => {
    lastError = codeOf(error)
  })
  return {
    client: client as unknown as Client,
    lastError: () => lastError,
    /** Waits for the commands under way, for a bounded time. */
    async close() {
      // By then the commands of this turn are sent.
      await setImmediate()
      if (client.status === 'ready') {
        const late = setTimeout(() => client.disconnect(), 2000)
        await client.quit().catch(() => undefined)
        clearTimeout(late)
      }
      client.disconnect()
    },
  }
}

/** Runs a script in one round trip; in two when the server does not know it, after a restart for example. */
export function runScript(
  client: Client,
  { sha, source }: Script,
  keys: readonly string[],
  args: readonly Argument[],
): Promise<unknown> {
  return client.evalsha(sha, keys.length, ...keys, ...args).catch((error: unknown) => {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
    return client.eval(source, keys.length, ...keys, ...args)
  })
}

/**
 * What may leave the store after a failure. Errors of ioredis carry the command with its keys and values, and servers repeat
 * arguments in their messages: what remains of an answer is its first word, OOM or READONLY for example.
 */
export function failureOf(error: unknown, args: Readonly<Record<string, unknown>>, lastError?: string): unknown {
  if (!(error instanceof Error)) return safeFailure(error, args, 'Redis server')
  if (error.name === 'MaxRetriesPerRequestError') {
    const code = lastError === undefined ? '' : ` (${lastError})`
    return new StoreError(`The Redis server cannot be reached, or the connection to it was lost${code}.`)
  }
  const word = /^[A-Z]{2,20}(?= )/.exec(error.message)?.[0]
  if (!('command' in error) || word === undefined) return safeFailure(error, args, 'Redis server')
  if (word === 'MOVED' || word === 'CROSSSLOT') {
    return new StoreError(
      'The Redis server is a node of a cluster. Give redisStore a client: `new Cluster()` of ioredis.',
    )
  }
  return new StoreError(
    `The Redis server answered ${word}. The rest of its answer is withheld because it may hold session data.`,
  )
}
