import { SessionConfigError } from '../../core/errors.js'
import { wordOf } from './answers.js'
import { ioredisClient, isIoredis } from './ioredis.js'
import { isNodeRedis, nodeRedisClient } from './node-redis.js'
import type { Argument, Client } from './port.js'
import type { Script } from './scripts.js'

/** @throws SessionConfigError when `client` was made by neither ioredis nor node-redis 5 */
export function asClient(client: unknown): Client {
  if (isIoredis(client)) return ioredisClient(client)
  if (isNodeRedis(client)) return nodeRedisClient(client)
  throw new SessionConfigError(
    'redisStore: client is none that it knows. Pass what `new Redis()` or `new Cluster()` of ioredis returned, or `createClient()`, `createClientPool()` or `createCluster()` of node-redis 5 (`redis`). For Sentinel use ioredis.',
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
  return client.evalsha(sha, keys, args, signal).catch((error: unknown) => {
    if (wordOf(error) !== 'NOSCRIPT') throw error
    signal?.throwIfAborted()
    return client.eval(source, keys, args, signal)
  })
}
