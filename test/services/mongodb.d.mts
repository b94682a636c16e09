import type { Server } from './process.mjs'

/**
 * MongoDB as a replica set of one, so that majority writes mean something. It removes expired documents every second.
 * @throws Error that says how to get it when it is not on this machine
 */
export declare function startMongodb(): Promise<Server>

/** Asks a server, ours or not. */
export declare function mongodbVersion(url: string): Promise<string>
