export type Argument = string | Buffer

/** What is asked of one server. */
export interface Server {
  scan(cursor: string, pattern: string, count: number): Promise<[string, string[]]>
  info(section: string): Promise<string>
}

/**
 * What the store asks of a server or of a cluster, whichever library the client is of. A signal is heeded by libraries that
 * can take back what they have not sent yet.
 */
export interface Client {
  readonly isCluster: boolean
  /** What the client puts before every key by itself. */
  readonly outerPrefix: string
  /** Where its server is, for messages; nothing secret is in it. */
  readonly place: Place
  get(key: string, signal?: AbortSignal): Promise<Buffer | null>
  del(key: string, signal?: AbortSignal): Promise<number | string>
  /** All of a sorted set. */
  members(key: string): Promise<string[]>
  info(section: string): Promise<string>
  hello(): Promise<unknown>
  evalsha(sha: string, keys: readonly string[], args: readonly Argument[], signal?: AbortSignal): Promise<unknown>
  eval(source: string, keys: readonly string[], args: readonly Argument[], signal?: AbortSignal): Promise<unknown>
  /** Every server that holds keys. */
  servers(): Promise<readonly Server[]>
  /** Which servers of a cluster hold which slots; of a single server, none. */
  slots(): Promise<ClusterSlots>
  /** A call has waited its whole time over this client and got no answer. */
  unanswered(): void
}

/** The answer to CLUSTER SLOTS: the first and last slot of each range, its master, and what else is told of it. */
export type ClusterSlots = readonly (readonly [
  from: number | string,
  to: number | string,
  master: readonly [host: string | null, port: number | string, id?: string, ...more: unknown[]],
  ...replicas: unknown[],
])[]

/** Host and port, or path, of a server; name of a master that Sentinels watch. */
export interface Place {
  readonly path?: string | undefined
  readonly host?: string | undefined
  readonly port?: number | undefined
  readonly sentinels?: object | null | undefined
  readonly name?: string | undefined
}
