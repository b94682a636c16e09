import type { Server, ServerProcess } from './process.mjs'

export interface RedisOptions {
  /** Every write is on disk before it is answered, so that `kill` and `restart` lose nothing. @default true */
  readonly durable?: boolean
}

/** A Redis process that may be part of something larger. */
export interface RedisNode extends ServerProcess {
  readonly port: number
  /** What `restart` starts it with unless told otherwise. */
  readonly args: readonly string[]
}

/**
 * Redis (or Valkey, where `redis-server` is that).
 * @throws Error that says how to get it when it is not on this machine
 */
export declare function startRedis(options?: RedisOptions): Promise<Server>

/** A node with more command line options. Without any it forgets everything when it ends. */
export declare function startRedisNode(extra?: readonly string[]): Promise<RedisNode>

/** Asks a server, ours or not. */
export declare function redisVersion(url: string): Promise<string>

/** One command on a connection of its own. */
export declare function askRedis(url: string, command: string, ...args: (string | number)[]): Promise<unknown>

/** `INFO section`, line by line. */
export declare function redisInfo(url: string, section: string): Promise<Record<string, string | undefined>>
