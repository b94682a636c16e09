import type { RedisNode } from './redis.mjs'

/** Three masters with a replica each. */
export interface RedisCluster {
  /** The first node: a client finds the others. */
  readonly url: string
  readonly version: string
  readonly nodes: readonly RedisNode[]
  slotOf(key: string): Promise<number>
  masterOf(slot: number): Promise<RedisNode>
  /** Swaps the master of the slot and its replica without losing a write. Answers the new master. */
  failover(slot: number): Promise<RedisNode>
  /** SIGKILL; ends when the replica has taken over and the rest is whole again. Answers the dead one. */
  killMaster(slot: number): Promise<RedisNode>
  /** Starts a killed node again, now a replica, and waits until all is well. */
  revive(node: RedisNode): Promise<void>
  /** Puts the slot between two masters, where a client gets ASK answers, until `finish` has moved it. */
  startMove(slot: number): Promise<{ from: RedisNode; to: RedisNode; finish(): Promise<void> }>
  stop(): Promise<void>
}

/** @throws Error that says how to get Redis when it is not on this machine */
export declare function startRedisCluster(): Promise<RedisCluster>
