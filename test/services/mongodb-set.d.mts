import type { ServerProcess } from './process.mjs'

export interface MongodbSet {
  readonly name: string
  readonly members: readonly (ServerProcess & { readonly port: number })[]
  /** Ends them all at once, as a power failure does. */
  kill(): Promise<void>
  /** Starts them all again. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/**
 * A replica set of several members. The first becomes the primary, and does so again after a restart.
 * @param announce the host and port under which a member is known, given its port: a proxy before it, for example
 * @throws Error that says how to get MongoDB when it is not on this machine
 */
export declare function startMongodbSet(
  size: number,
  announce?: (port: number) => Promise<string>,
): Promise<MongodbSet>
