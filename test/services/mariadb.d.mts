import type { Server } from './process.mjs'

/**
 * MariaDB with no password, user `root`, and no database yet.
 * @throws Error that says how to get it when it is not on this machine
 */
export declare function startMariadb(): Promise<Server>

/** Asks a server, ours or not, MariaDB or MySQL. */
export declare function mysqlVersion(url: string): Promise<string>
