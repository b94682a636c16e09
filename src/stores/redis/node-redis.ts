import { StoreError } from '../../core/errors.js'
import { checkUp, type Inspected } from './node-redis-check.js'
import { translated } from './node-redis-errors.js'
import type { Argument, Client, ClusterSlots, Place, Server } from './port.js'

interface CommandOptions {
  readonly typeMapping: object
  readonly abortSignal?: AbortSignal
}

/** What is used of a client or of a pool of node-redis 5. */
export interface NodeRedis extends Inspected {
  readonly options?: { readonly socket?: Place }
  sendCommand(args: readonly Argument[], options: CommandOptions): Promise<unknown>
  withTypeMapping: unknown
}

/** What is used of a cluster of node-redis 5. */
export interface NodeRedisCluster {
  readonly masters: readonly MasterNode[]
  nodeClient(node: MasterNode): Promise<NodeRedis>
  sendCommand(
    firstKey: string | undefined,
    isReadonly: boolean,
    args: readonly Argument[],
    options: CommandOptions,
  ): Promise<unknown>
  withTypeMapping: unknown
  readonly _slots?: { rediscover?(startWith: NodeRedis): Promise<void> }
}

interface MasterNode {
  readonly client?: NodeRedis
}

export function isNodeRedis(client: unknown): client is NodeRedis | NodeRedisCluster {
  if (typeof client !== 'object' || client === null) return false
  const found = client as Readonly<Record<string, unknown>>
  const known = typeof found['sendCommand'] === 'function' && typeof found['withTypeMapping'] === 'function'
  // One for Sentinel, which sends commands in a form of its own.
  return known && found['getMasterNode'] === undefined
}

const isCluster = (client: NodeRedis | NodeRedisCluster): client is NodeRedisCluster => 'nodeClient' in client

// Given with every command: what the user's own client maps must not reach the store. 36 is RESP's `$`, a string of bytes.
const asText = { typeMapping: {} }
const asBytes = { typeMapping: { 36: Buffer } }

/**
 * node-redis 5 in the form of the port. Its commands wait for a connection without a limit; with a signal those that have
 * not been sent when it aborts never are.
 */
export function nodeRedisClient(redis: NodeRedis | NodeRedisCluster): Client {
  const send = isCluster(redis) ? overCluster(redis) : overServer(redis)
  const script = (command: 'EVALSHA' | 'EVAL') => {
    return (text: string, keys: readonly string[], args: readonly Argument[], signal?: AbortSignal) =>
      send(keys[0], [command, text, String(keys.length), ...keys, ...args], asText, signal)
  }
  return {
    isCluster: isCluster(redis),
    outerPrefix: '',
    place: (isCluster(redis) ? undefined : redis.options?.socket) ?? {},
    get: (key, signal) => send(key, ['GET', key], asBytes, signal) as Promise<Buffer | null>,
    del: (key, signal) => send(key, ['DEL', key], asText, signal) as Promise<number>,
    members: (key) => send(key, ['ZRANGE', key, '0', '-1'], asText) as Promise<string[]>,
    info: (section) => send(undefined, ['INFO', section], asText) as Promise<string>,
    hello: () => send(undefined, ['HELLO'], asText),
    evalsha: script('EVALSHA'),
    eval: script('EVAL'),
    async servers() {
      if (!isCluster(redis)) return [serverOf(redis)]
      if (redis.masters.length === 0) throw noMasters()
      return Promise.all(redis.masters.map(async (node) => serverOf(await redis.nodeClient(node))))
    },
    async slots() {
      if (!isCluster(redis)) return []
      const [first] = redis.masters
      if (!first) throw noMasters()
      const ask = overServer(await redis.nodeClient(first))
      return (await ask(undefined, ['CLUSTER', 'SLOTS'], asText)) as ClusterSlots
    },
    unanswered: () => checkUp(redis),
  }
}

type Send = (
  firstKey: string | undefined,
  args: readonly Argument[],
  options: { readonly typeMapping: object },
  signal?: AbortSignal,
) => Promise<unknown>

function overServer(redis: NodeRedis): Send {
  return (_, args, options, signal) =>
    redis
      .sendCommand(args, signal ? { ...options, abortSignal: signal } : options)
      .catch((error: unknown) => Promise.reject(translated(error, signal)))
}

function overCluster(cluster: NodeRedisCluster): Send {
  return async (firstKey, args, options, signal) => {
    // Before it is connected the cluster knows no node, and would fail with an error of its own code.
    if (cluster.masters.length === 0) throw noMasters()
    // Never read from a replica, also with `useReplicas`: it may not know yet that a session has ended.
    return cluster
      .sendCommand(firstKey, false, args, signal ? { ...options, abortSignal: signal } : { ...options })
      .catch((error: unknown) => {
        const found = translated(error, signal)
        if (found instanceof Error && found.name === 'NotConnected') checkUp(cluster)
        throw found
      })
  }
}

function serverOf(redis: NodeRedis): Server {
  const send = overServer(redis)
  return {
    async scan(cursor, pattern, count) {
      const args = ['SCAN', cursor, 'MATCH', pattern, 'COUNT', String(count)]
      return (await send(undefined, args, asText)) as [string, string[]]
    },
    info: (section) => send(undefined, ['INFO', section], asText) as Promise<string>,
  }
}

function noMasters(): StoreError {
  return new StoreError(
    'The Redis Cluster of node-redis knows no masters. Call `await cluster.connect()` before the store is used.',
  )
}
