import type { SessionError } from '../../core/errors.js'
import type { RecordChange, StoredRecord, StoreGuarantees, StoreKey } from '../port.js'
import type { Source } from './pool.js'
import type { PageRow, Row } from './rows.js'

/** What the store of one kind of database has of its own. It is known before any library is loaded. */
export interface Dialect<Opened extends Connection = Connection> {
  /** The store's factory: `postgresStore` */
  readonly store: string
  /** For messages: `PostgreSQL database` */
  readonly backend: string
  /** What to install. */
  readonly libraries: string
  readonly table: string
  /** The function that makes the table for drizzle-kit: `postgresTable()` */
  readonly tableFunction: string
  readonly guarantees: StoreGuarantees
  readonly binding: Binding
  isMissingTable(error: Error): boolean
  /** What of a driver's error may be shown at all, for drivers that put the whole statement into it. */
  presentable?(error: unknown): unknown
  /** Codes of failures that undid the statement and are over when it is sent again: a deadlock, a lost serialization race. */
  readonly transientCodes?: readonly string[]
  /**
   * How many records one statement may delete, where it runs in this process and blocks it meanwhile: for about 5 ms.
   * Left out where it runs elsewhere.
   */
  readonly collectAtOnce?: number
  /** Whether a failure leaves the connection in a state that nothing more may be written in. */
  spoils?(error: unknown): boolean
  /** Loads the libraries. */
  load(): Promise<Driver<Opened>>
  /** Tries an opening again, for a failure that passes. */
  readonly opening?: <T>(open: () => Promise<T>) => Promise<T>
}

/** The part of a dialect that needs its libraries. */
export interface Driver<Opened extends Connection> {
  readonly connect: () => Promise<Source<Opened>> | Source<Opened>
  /** Checks the database and creates the table, once, before the first call. */
  readonly begin: (opened: Opened) => Promise<void>
  /** What a failure means that comes again until somebody changes something. Asked only then, so it may ask the database. */
  readonly explain: (failure: Explained<Opened>) => Promise<SessionError | undefined>
}

/** A failure that a dialect may know more about. */
export interface Explained<Opened> {
  /** Of the driver. */
  readonly code: string
  readonly error: Error
  /** How large the record was that was to be written; 0 for none. */
  readonly bytes: number
  /** Asks the database, on a connection that may be another one. */
  readonly ask: <T>(run: (opened: Opened) => PromiseLike<T>) => PromiseLike<T>
}

/** What runs statements. */
export interface Connection {
  readonly statements: Statements
}

/** The values of a statement by name, which no error may show. */
export type Args = Readonly<Record<string, unknown>>

/** What became of a write: `missed` when the row is not as expected, `gone` when there is none. */
export type Outcome = 'ok' | 'missed' | 'gone'

export type Write = (args: Args) => Promise<Outcome>
export type Page = (args: Args & { readonly from: PageRow['cursor'] }) => PromiseLike<readonly PageRow[]>

/** One prepared statement for each call of the port, which reads its driver's answer. */
export interface Statements {
  read(args: Args): PromiseLike<readonly Row[]>
  /** `missed` when the key is taken. */
  readonly create: Write
  readonly update: Write
  readonly touch: Write
  /** Whatever the revision. */
  readonly destroy: Write
  readonly destroyRevision: Write
  /** `missed` also when the new key is taken. */
  readonly move: Write
  /** Many updates in one statement; the revisions of those that hit. Left out where the database has no such statement. */
  readonly updateMany?: (rows: readonly Args[]) => Promise<readonly string[]>
  /** How many rows it deleted. */
  collect(args: { readonly now: number; readonly limit: number }): Promise<number>
  readonly page: Page
  readonly subjectPage: Page
}

/** What keys, texts and records are as the values of statements. */
export interface Binding {
  /** Where a record is. */
  row(key: StoreKey): Args
  /** Where a record will be. */
  newRow(key: StoreKey): Args
  /** Where a record is moved to. */
  target(key: StoreKey): Args
  text(text: string): unknown
  /** Bytes are copied: the caller may reuse its array as soon as the call returns. */
  contents(record: StoredRecord | RecordChange): Args
  /** Where a walk over all keys with a prefix begins, and what bounds it. */
  prefix(prefix: string): Args & { readonly from: PageRow['cursor'] }
  /** Where a walk over the keys of a subject begins. */
  readonly start: PageRow['cursor']
}
