/** The servers that tests share. */
export type ServiceName = 'postgres' | 'mariadb' | 'redis' | 'mongodb'

/** What was downloaded or compiled for the tests, kept between runs. */
export declare const cacheFolder: string

/** The path of a program: in `folders` first, then on PATH. */
export declare function findBinary(name: string, folders?: readonly string[]): string | undefined

/**
 * The paths of the programs that a service needs, by name.
 * @throws Error that says how to get them
 */
export declare function requireBinaries(service: ServiceName): Record<string, string>

export declare function hasBinaries(service: ServiceName): boolean

/** What to do when a service is missing. */
export declare const howToGet: Readonly<Record<ServiceName, string>>
