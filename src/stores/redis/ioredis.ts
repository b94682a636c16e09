import { StoreError } from '../../core/errors.js'
import { clientMethods, type RedisClient } from './options.js'
import type { Argument, Client, ClusterSlots, Place } from './port.js'
import { warnOfSilence } from './silence.js'

interface Settings extends Place {
  readonly keyPrefix?: string
  readonly socketTimeout?: number
  readonly redisOptions?: { readonly socketTimeout?: number }
}

/** What is used of ioredis, on a server or on a cluster. */
export interface Ioredis {
  readonly isCluster: boolean
  readonly options?: Settings
  getBuffer(key: string): Promise<Buffer | null>
  del(key: string): Promise<number | string>
  zrange(key: string, from: number, to: number): Promise<string[]>
  scan(cursor: string, match: 'MATCH', pattern: string, count: 'COUNT', n: number): Promise<[string, string[]]>
  info(section: string): Promise<string>
  call(command: string): Promise<unknown>
  evalsha(sha: string, keys: number, ...args: Argument[]): Promise<unknown>
  eval(source: string, keys: number, ...args: Argument[]): Promise<unknown>
}

interface IoredisCluster extends Ioredis {
  cluster(command: 'SLOTS'): Promise<ClusterSlots>
  nodes(role: 'master'): Ioredis[]
}

export function isIoredis(client: unknown): client is Ioredis {
  const found = client as (Partial<RedisClient> & { nodes?: unknown }) | null
  const complete = typeof found === 'object' && clientMethods.every((name) => typeof found?.[name] === 'function')
  return complete && (!found?.isCluster || typeof found.nodes === 'function')
}

/** ioredis keeps commands that wait for a connection by settings of its own, so signals are not passed on. */
export function ioredisClient(redis: Ioredis): Client {
  const { isCluster, options = {} } = redis
  const givesUp = (options.socketTimeout ?? options.redisOptions?.socketTimeout) !== undefined
  return {
    isCluster,
    outerPrefix: options.keyPrefix ?? '',
    place: options,
    get: (key) => redis.getBuffer(key),
    del: (key) => redis.del(key),
    members: (key) => redis.zrange(key, 0, -1),
    info: (section) => redis.info(section),
    hello: () => redis.call('hello'),
    evalsha: (sha, keys, args) => redis.evalsha(sha, keys.length, ...keys, ...args),
    eval: (source, keys, args) => redis.eval(source, keys.length, ...keys, ...args),
    async servers() {
      if (!isClusterClient(redis)) return [serverOf(redis)]
      const masters = redis.nodes('master')
      if (masters.length === 0) throw new StoreError('The Redis Cluster has no masters: it cannot be scanned.')
      return masters.map(serverOf)
    },
    /** Also connects, without which no node is known. */
    async slots() {
      return isClusterClient(redis) ? redis.cluster('SLOTS') : []
    },
    unanswered: () => {
      if (!givesUp) warnOfSilence()
    },
  }
}

const isClusterClient = (client: Ioredis): client is IoredisCluster => client.isCluster

function serverOf(redis: Ioredis) {
  return {
    scan: (cursor: string, pattern: string, count: number) => redis.scan(cursor, 'MATCH', pattern, 'COUNT', count),
    info: (section: string) => redis.info(section),
  }
}
