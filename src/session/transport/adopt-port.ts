/**
 * How the sessions of another library are read: the port of `adopt`. A whole reader of one's own:
 *
 * ```ts
 * function ownSessions(db: { find(id: string): Promise<{ values: object; until: Date } | null>; remove(id: string): Promise<void> }): SessionReader {
 *   return {
 *     name: 'own-sessions',
 *     cookies: ['sid'],
 *     find({ cookie }) {
 *       const id = cookie('sid').find((text) => /^[0-9a-f]{64}$/.test(text))
 *       if (id === undefined) return undefined
 *       return {
 *         id,
 *         async load() {
 *           const found = await db.find(id)
 *           return found ? { values: { ...found.values }, expiresAt: found.until.getTime(), end: () => db.remove(id) } : undefined
 *         },
 *       }
 *     },
 *   }
 * }
 * ```
 */
export interface SessionReader {
  /** Names the library in hooks and messages: 1 to 64 letters, digits, `-`, `/`, `@` and `_`. */
  readonly name: string
  /** The cookies that it reads, chunks aside: what the client is asked to forget when the old session is ended. */
  readonly cookies: readonly string[]
  /**
   * The session that a request brings. Nothing for a request without one, and for one that is forged, damaged, too long or
   * expired by what the cookie itself says: that is no error. It asks no store.
   * @throws UnreadableRecordError when it is authentic and cannot be read all the same: another option wrote it
   * @throws MisdeployError when this app lacks something that it needs
   */
  find(request: OldRequest): OldSession | undefined | Promise<OldSession | undefined>
  /**
   * A session as its library writes it, for `share`: the values of cookies by their names, which are among `cookies`. They hold
   * characters of cookies alone. Left out where nobody but the library can write: its sessions are in a store.
   */
  write?(
    values: Readonly<Record<string, unknown>>,
    times: SharedTimes,
  ): Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>
}

/** When a shared cookie is written, and until when it may be read, in milliseconds since the Unix epoch. */
export interface SharedTimes {
  /** The time of the request. */
  readonly now: number
  /** When the session ends unless it is used: its cookie must not be taken for longer, as far as its format can say so. */
  readonly expiresAt: number
}

/** What a reader sees of a request. */
export interface OldRequest {
  /** The values of a cookie as they came, without quotes: several may come, as cookies of other paths and domains do. */
  readonly cookie: (name: string) => readonly string[]
  /** A request header, in any case of its name. */
  readonly header: (name: string) => string | undefined
  /** Milliseconds since the Unix epoch: what has expired is decided by it. */
  readonly now: number
}

/** A session of another library, which is authentic. */
export interface OldSession {
  /**
   * What names it: the same text in every request that brings it, and another one for every other session. It is what makes of
   * twenty requests one session, and it goes nowhere. Left out where nothing names it, as where two visitors with the same values
   * have the same cookie: then each request that brings it gets a session of its own.
   */
  readonly id?: string
  /**
   * What is in it. Nothing when its library would find none.
   * @throws UnreadableRecordError, MisdeployError as `find`; whatever else it throws is an outage of the old store
   */
  load(): OldContents | undefined | Promise<OldContents | undefined>
}

/** What a session of another library holds. */
export interface OldContents {
  /** Its values by name, whatever they are: `map` and the schema decide. */
  readonly values: Readonly<Record<string, unknown>>
  /** When it ends, in milliseconds since the Unix epoch; left out, when its cookie does. */
  readonly expiresAt?: number
  /** Ends it in the store of its library. Left out, there is nothing but the cookie. */
  end?(): unknown
}
