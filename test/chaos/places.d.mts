export interface Place {
  readonly store: { readonly kind: string; readonly options: object }
  /** Whether several processes can have it, and a killed one loses nothing. */
  readonly shared: boolean
  drop(): Promise<void>
}

/** @param url of the server; none for memory and SQLite */
export declare function makePlace(kind: 'memory' | 'sqlite' | 'redis' | 'postgres', url?: string): Promise<Place>
