import { either, group, made, text } from '../../core/options/rule.js'
import { address, ttl } from '../option-names.js'

type Method = (...args: never[]) => unknown

/**
 * A client of ioredis: `Redis`, with Sentinel or without, or `Cluster`. It is described by its methods, not imported, so
 * that a project compiles without ioredis.
 */
export interface RedisClient {
  /** Whether it is a `Cluster`. */
  readonly isCluster: boolean
  /** What it was made with. */
  readonly options: object
  readonly getBuffer: Method
  readonly del: Method
  readonly zrange: Method
  readonly scan: Method
  readonly info: Method
  readonly evalsha: Method
  readonly eval: Method
}

/**
 * A client of node-redis 5: what `createClient()`, `createClientPool()` or `createCluster()` returned, connected. It is described
 * by its methods, not imported, so that a project compiles without `redis`.
 */
export interface NodeRedisClient {
  readonly sendCommand: Method
  readonly withTypeMapping: Method
}

/** What holds for both: the names of the keys. */
interface RedisKeyOptions {
  /**
   * What the names of all keys start with. No two stores may share one, and none may be the start of another's.
   * @default 'zession:'
   */
  readonly prefix?: string
}

/** A server to which the store connects on first use, with `ioredis`, and from which it disconnects in `close()`. */
export interface RedisUrlOptions extends RedisKeyOptions {
  /** `redis://user:password@host:6379/0`, `rediss:` for TLS, or the path of a socket, `/run/redis.sock`. */
  readonly url: string
  readonly client?: never
}

/** A client that you made, and that you close: needed for Sentinel, a cluster and settings of your own. */
export interface RedisClientOptions extends RedisKeyOptions {
  /** `new Redis(...)` or `new Cluster(...)` of ioredis; `createClient(...)` or `createCluster(...)` of node-redis 5, connected. */
  readonly client: RedisClient | NodeRedisClient
  readonly url?: never
}

/** Options of `redisStore`: an address, or a client of yours. */
export type RedisStoreOptions = RedisUrlOptions | RedisClientOptions

/** By which a client of ioredis is known. */
export const clientMethods = ['getBuffer', 'del', 'zrange', 'scan', 'info', 'evalsha', 'eval'] as const

export const redisRule = group<RedisStoreOptions>(
  {
    url: text('the address of a server, such as `redis://localhost:6379`'),
    client: either(
      made<RedisClient>('a client of ioredis', clientMethods),
      made<NodeRedisClient>('of node-redis 5 (`redis`)', ['sendCommand', 'withTypeMapping']),
      'a client of ioredis, or of node-redis 5 (`redis`)',
    ),
    prefix: text('a string of at least one character', (prefix) => prefix !== ''),
  },
  {
    ttl,
    keyPrefix: 'ours is `prefix`',
    base: 'ours is `prefix`',
    host: address,
    port: address,
    password: address,
    db: address,
    redis: 'ours is `client`',
  },
)
