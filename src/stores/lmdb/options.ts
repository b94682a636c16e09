import { group, made, text } from '../../core/options/rule.js'
import { ttl } from '../option-names.js'

type Method = (...args: never[]) => unknown

/** A database that `open` of `lmdb` returned. Described by its methods, so that these types need no `lmdb`. */
export interface LmdbDatabase {
  readonly openDB: Method
  readonly transaction: Method
  readonly childTransaction: Method
}

/** What holds for both: the name. */
interface LmdbNameOptions {
  /**
   * The stem of the names of the four sub-databases in the environment.
   * @default 'sessions'
   */
  readonly name?: string
}

/** An environment that the store opens on first use, with `lmdb`, and closes in `close()`. */
export interface LmdbPathOptions extends LmdbNameOptions {
  /** The folder of the environment, on a local disk. Made if missing, with the folders above it. */
  readonly path: string
  readonly db?: never
}

/** An environment that you opened, and that you close. */
export interface LmdbDbOptions extends LmdbNameOptions {
  /** The root database, with room for four more in its `maxDbs`, without `useWritemap` and `eventTurnBatching`. */
  readonly db: LmdbDatabase
  readonly path?: never
}

/** Options of `lmdbStore`: a folder, or an environment of yours. */
export type LmdbStoreOptions = LmdbPathOptions | LmdbDbOptions

export const lmdbRule = group<LmdbStoreOptions>(
  {
    path: text('the path of a folder', (path) => path !== '' && !path.includes('\0')),
    db: made('a database that `open` of lmdb returned', ['openDB', 'transaction', 'childTransaction']),
    name: text('a string of at least one character', (name) => name !== ''),
  },
  { ttl, folder: 'ours is `path`', dir: 'ours is `path`', base: 'ours is `name`' },
)
