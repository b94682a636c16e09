import type { Server } from './process.mjs'

/**
 * PostgreSQL with no password, user `postgres`, database `postgres`.
 * @throws Error that says how to get it when it is not on this machine
 */
export declare function startPostgres(): Promise<Server>

/** Asks a server, ours or not. */
export declare function postgresVersion(url: string): Promise<string>
