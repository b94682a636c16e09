import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { checkOptions } from '../core/options/check.js'
import { group, made, number, text } from '../core/options/rule.js'
import type { OldStore } from './shared/express-store.js'
import { objectIn, timeIn } from './shared/json.js'

export type { OldStore } from './shared/express-store.js'

/** A client of ioredis or node-redis. */
export interface RedisCommands {
  /** The text under a key, which is the JSON of a session; null when there is none. */
  get(key: string): Promise<unknown>
  /** Deletes a key. Nobody looks at what it answers. */
  del(key: string): Promise<unknown>
}

/**
 * The records of connect-redis, without it. @throws SessionConfigError for options that are none
 * @param options `prefix` as there, `sess:` by default; `client` of ioredis or node-redis
 */
export function connectRedis(options: {
  /** A connected client of the database that the old app uses. It stays open: whoever made it closes it. */
  readonly client: RedisCommands
  /** What the keys begin with, before the id of the session. @default 'sess:' */
  readonly prefix?: string
}): OldStore {
  checkOptions('connectRedis()', redisRule, options)
  const { client, prefix = 'sess:' } = options
  return { read: (id) => client.get(prefix + id), end: (id) => client.del(prefix + id) }
}

const redisRule = group<Parameters<typeof connectRedis>[0]>(
  { client: made('a client of ioredis or node-redis', ['get', 'del']), prefix: text('what the keys begin with') },
  {},
  ['client'],
)

/** A Pool or Client of pg. */
export interface PgQueries {
  /** Runs one statement with values for `$1`, `$2` and so on; rejects when the database fails. */
  query(
    text: string,
    values: unknown[],
  ): Promise<{
    /** What was found, by column: `sess` has the session, as an object or as JSON. Empty when there is none. */
    readonly rows: readonly unknown[]
  }>
}

/**
 * The records of connect-pg-simple, without it. @throws SessionConfigError for options that are none
 * @param options `tableName` and `schemaName` as there: `session`, and the search path
 */
export function connectPgSimple(options: {
  /** A Pool of the database that the old app uses. It stays open: whoever made it closes it. */
  readonly pool: PgQueries
  /** The table of the sessions, without its schema and without quotes. @default 'session' */
  readonly tableName?: string
  /** The schema that the table is in, without quotes. @default none: the search path of the connection decides */
  readonly schemaName?: string
}): OldStore {
  checkOptions('connectPgSimple()', pgRule, options)
  const { pool, tableName = 'session', schemaName } = options
  const table = [...(schemaName === undefined ? [] : [schemaName]), tableName].map(quoted).join('.')
  return {
    async read(id, now) {
      const found = await pool.query(`SELECT sess FROM ${table} WHERE sid = $1 AND expire >= to_timestamp($2)`, [
        id,
        now / 1000,
      ])
      return (found.rows[0] as { readonly sess?: unknown } | undefined)?.sess
    },
    end: (id) => pool.query(`DELETE FROM ${table} WHERE sid = $1`, [id]),
  }
}

const pgRule = group<Parameters<typeof connectPgSimple>[0]>(
  {
    pool: made('a Pool of pg', ['query']),
    tableName: text('the name of a table', (name) => name.length > 0),
    schemaName: text('the name of a schema', (name) => name.length > 0),
  },
  { conString: 'make a Pool of pg of it' },
  ['pool'],
)

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`

/** A Collection of the MongoDB driver, whatever the type of its documents. */
export interface MongoCollection {
  /** The document that a filter by `_id` fits, null when there is none: `session` is in it, as an object or as JSON. */
  findOne(filter: never): Promise<unknown>
  /** Deletes the document that a filter by `_id` fits. Nobody looks at what it answers. */
  deleteOne(filter: never): Promise<unknown>
}

/**
 * The records of connect-mongo, without it; not those that it encrypts (`crypto`, `cryptoAdapter`): give its own store for them.
 * @throws SessionConfigError for options that are none
 * @param options `collection`, which is called `sessions` there
 */
export function connectMongo(options: {
  /** The collection that has the sessions of the old app. Its client stays open: whoever made it closes it. */
  readonly collection: MongoCollection
}): OldStore {
  checkOptions('connectMongo()', mongoRule, options)
  const { collection } = options
  return {
    async read(id, now) {
      const found = (await collection.findOne({ _id: id } as never)) as { session?: unknown; expires?: unknown } | null
      const expires = timeIn(found?.expires)
      return expires !== undefined && expires <= now ? undefined : found?.session
    },
    end: (id) => collection.deleteOne({ _id: id } as never),
  }
}

const mongoRule = group<Parameters<typeof connectMongo>[0]>(
  { collection: made('a collection of the MongoDB driver', ['findOne', 'deleteOne']) },
  { client: 'give its collection: client.db().collection(`sessions`)' },
  ['collection'],
)

/**
 * The records of session-file-store, without it; not those that it encrypts (`secret`): give its own store for them.
 * @throws SessionConfigError for options that are none
 * @param options `path`, `ttl` and `fileExtension` as there: `./sessions`, 3600 and `.json`
 */
export function sessionFiles(
  options: {
    /** The folder with a file for each session; a relative one begins where the process runs. @default './sessions' */
    readonly path?: string
    /** Seconds from its last use to the end of a session whose cookie has no `maxAge` of its own. @default 3600 */
    readonly ttl?: number
    /** What the name of a file ends with, after the id of the session. It holds no slash. @default '.json' */
    readonly fileExtension?: string
  } = {},
): OldStore {
  checkOptions('sessionFiles()', fileRule, options)
  const { path = './sessions', ttl = 3600, fileExtension = '.json' } = options
  const fileOf = (id: string) => (/^[\w-]{1,256}$/.test(id) ? join(path, id + fileExtension) : undefined)
  return {
    async read(id, now) {
      const file = fileOf(id)
      if (file === undefined) return undefined
      const record = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined
        throw error
      })
      if (record === undefined) return undefined
      const values = objectIn(record, 'A record of session-file-store')
      const cookie = values['cookie'] as { readonly originalMaxAge?: unknown } | undefined
      const lifetime = Number(cookie?.originalMaxAge) || ttl * 1000
      return Number(values['__lastAccess']) + lifetime >= now ? values : undefined
    },
    async end(id) {
      const file = fileOf(id)
      if (file !== undefined) await rm(file, { force: true })
    },
  }
}

const fileRule = group<NonNullable<Parameters<typeof sessionFiles>[0]>>({
  path: text('a folder', (path) => path.length > 0),
  ttl: number('seconds, more than 0', (value) => value > 0),
  fileExtension: text('what the names end with, such as `.json`', (end) => !/[/\\]/.test(end)),
})
