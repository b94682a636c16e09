import type { RedisNode } from './redis.mjs'

/** A master with two replicas, watched by three sentinels. */
export interface RedisSentinel {
  /** What the sentinels call the group. */
  readonly name: string
  readonly version: string
  readonly sentinels: readonly (RedisNode & { readonly host: string })[]
  readonly nodes: readonly RedisNode[]
  /** On which the sentinels agree. */
  master(): Promise<RedisNode>
  /** SIGKILL; ends when a replica has taken over and the other follows it. Answers the dead one. */
  killMaster(): Promise<RedisNode>
  /** Starts a killed node again, as a replica, and waits until all is well. */
  revive(node: RedisNode): Promise<void>
  stop(): Promise<void>
}

/** @throws Error that says how to get Redis when it is not on this machine */
export declare function startRedisSentinel(): Promise<RedisSentinel>
