import { either, flag, group, made, text } from '../../core/options/rule.js'
import { ttl } from '../option-names.js'

type Method = (...args: never[]) => unknown

/** A `Db` of the official driver. Described by its methods, so that type checks need no driver. */
export interface MongodbDatabase {
  /** Its name. */
  readonly databaseName: string
  /** The client that it is of. */
  readonly client: { readonly on: Method }
  readonly collection: Method
  readonly command: Method
}

/** A `Collection` of the official driver. */
export interface MongodbCollection {
  /** Its name. */
  readonly collectionName: string
  /** The database that it is in. */
  readonly db: MongodbDatabase
  readonly findOne: Method
  readonly find: Method
  readonly insertOne: Method
  readonly findOneAndUpdate: Method
  readonly deleteOne: Method
  readonly deleteMany: Method
  readonly createIndex: Method
}

/** What holds for all of them: the indexes. */
interface MongodbIndexOptions {
  /**
   * Whether to create the two indexes, where they are missing, before the first call: one by which the server itself removes
   * expired sessions, a minute or two after their deadline, and one for subjects.
   * @default true with `url`, false with `db` and `collection`
   */
  readonly initIndexes?: boolean | undefined
}

/** A client that the store opens on first use and closes in `close()`. */
export interface MongodbUrlOptions extends MongodbIndexOptions {
  /** `mongodb://` or `mongodb+srv://`, with all options of the driver. */
  readonly url: string
  /** The name of the database. @default the database that the url names */
  readonly database?: string | undefined
  /** The name of the collection. @default 'sessions' */
  readonly collection?: string | undefined
  readonly db?: never
}

/** A database of a client that you opened, and that you close. */
export interface MongodbDbOptions extends MongodbIndexOptions {
  /** The database: `client.db('app')`. */
  readonly db: MongodbDatabase
  /** The name of the collection. @default 'sessions' */
  readonly collection?: string | undefined
  readonly url?: never
  readonly database?: never
}

/** A collection of a client that you opened, and that you close. */
export interface MongodbCollectionOptions extends MongodbIndexOptions {
  /** The collection: `client.db('app').collection('sessions')`. */
  readonly collection: MongodbCollection
  readonly url?: never
  readonly db?: never
  readonly database?: never
}

/** Options of `mongodbStore`: an address, or a database or collection of yours. */
export type MongodbStoreOptions = MongodbUrlOptions | MongodbDbOptions | MongodbCollectionOptions

const collectionMethods = ['findOneAndUpdate', 'insertOne', 'find', 'deleteOne'] as const
const hasClient = ({ client }: MongodbDatabase): boolean => typeof client?.on === 'function'

export const mongodbRule = group<MongodbStoreOptions>(
  {
    url: text('a connection string of MongoDB'),
    database: text('the name of a database'),
    db: made('a Db of the official driver', ['collection', 'command'], hasClient),
    collection: either(
      text('the name of a collection'),
      made('a Collection of the official driver', collectionMethods, ({ db }: MongodbCollection) => hasClient(db)),
    ),
    initIndexes: flag,
  },
  {
    ttl,
    mongoUrl: 'ours is `url`',
    uri: 'ours is `url`',
    client: 'ours is `db`, such as `client.db()`',
    dbName: 'ours is `database`',
    databaseName: 'ours is `database`',
    collectionName: 'ours is `collection`',
    autoRemove: 'ours is `initIndexes`',
  },
)
