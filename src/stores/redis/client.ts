import { SessionConfigError } from '../../core/errors.js'
import { wordOf } from './answers.js'
import { clientMethods } from './options.js'
import type { Script } from './scripts.js'

type Argument = string | Buffer

/** What the store calls, on a server or on a cluster. */
export interface Client {
  readonly isCluster: boolean
  readonly options: {
    readonly keyPrefix?: string
    readonly socketTimeout?: number
    readonly redisOptions?: { readonly socketTimeout?: number }
  }
  getBuffer(key: string): Promise<Buffer | null>
  del(key: string): Promise<number | string>
  zrange(key: string, from: number, to: number): Promise<string[]>
  scan(cursor: string, match: 'MATCH', pattern: string, count: 'COUNT', n: number): Promise<[string, string[]]>
  info(section: string): Promise<string>
  call(command: string): Promise<unknown>
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
  const complete = typeof found === 'object' && clientMethods.every((name) => typeof found?.[name] === 'function')
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

/** Runs a script in one round trip; in two when the server does not know it, after a restart for example. */
export function runScript(
  client: Client,
  { sha, source }: Script,
  keys: readonly string[],
  args: readonly Argument[],
  signal?: AbortSignal,
): Promise<unknown> {
  return client.evalsha(sha, keys.length, ...keys, ...args).catch((error: unknown) => {
    if (wordOf(error) !== 'NOSCRIPT') throw error
    signal?.throwIfAborted()
    return client.eval(source, keys.length, ...keys, ...args)
  })
}
