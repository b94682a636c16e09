export type Kind = 'memory' | 'sqlite' | 'file' | 'lmdb' | 'redis' | 'postgres' | 'mysql' | 'mongodb'

export interface Place {
  readonly store: { readonly kind: string; readonly options: object }
  /** Whether several processes can have it, and a killed one loses nothing. */
  readonly shared: boolean
  drop(): Promise<void>
}

/** @param url of the server; none for the stores that need none */
export declare function makePlace(kind: Kind, url?: string): Promise<Place>
