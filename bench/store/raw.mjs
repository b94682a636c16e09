// Each store, and the same two calls written by hand on its driver: a read, and an update that compares the revision.
// `read()` and `update()` work on one record; `update` answers whether it was the one expected.
import { open as openFile, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'

/** `where` is the URL of the server, or a folder of its own. */
export const stores = {
  memory: {
    make: async () => (await import('../../dist/stores/memory.js')).memoryStore(),
    raw() {
      const records = new Map()
      return {
        write: (row) => void records.set('a', row),
        read: async () => ({ ...records.get('a'), bytes: new Uint8Array(records.get('a').bytes) }),
        update: async (row, expected) => {
          if (records.get('a').revision !== expected) return false
          records.set('a', { ...row, bytes: new Uint8Array(row.bytes) })
          return true
        },
      }
    },
  },

  file: {
    make: async (where) => (await import('../../dist/stores/file.js')).fileStore({ folder: join(where, 'ours') }),
    // No compare-and-set: this is a whole file, written aside, flushed and renamed.
    raw(where) {
      const path = join(where, 'raw')
      const write = async ({ bytes }) => {
        const handle = await openFile(`${path}.new`, 'w')
        await handle.writeFile(bytes)
        await handle.sync()
        await handle.close()
        await rename(`${path}.new`, path)
        return true
      }
      return { write, read: () => readFile(path), update: write }
    },
  },

  lmdb: {
    make: async (where) => (await import('../../dist/stores/lmdb.js')).lmdbStore({ path: join(where, 'ours') }),
    async raw(where) {
      const { open } = await import('lmdb')
      const db = open({ path: join(where, 'raw'), noSubdir: false, overlappingSync: false, eventTurnBatching: false })
      return {
        write: (row) => db.put('a', row),
        read: async () => db.get('a'),
        update: (row, expected) =>
          db.transaction(() => {
            if (db.get('a').revision !== expected) return false
            void db.put('a', row)
            return true
          }),
        close: () => db.close(),
      }
    },
  },

  sqlite: {
    make: async (where) =>
      (await import('../../dist/stores/sqlite.js')).sqliteStore({ url: `file:${join(where, 'ours.db')}` }),
    async raw(where) {
      const { createClient } = await import('@libsql/client')
      const db = createClient({ url: `file:${join(where, 'raw.db')}`, concurrency: 1 })
      await db.execute('pragma journal_mode = wal')
      await db.execute('pragma synchronous = full')
      await db.execute('create table s (id text primary key, bytes blob, revision text, expires integer) without rowid')
      return {
        write: ({ bytes, revision, expiresAt }) =>
          db.execute({ sql: "insert into s values ('a', ?, ?, ?)", args: [bytes, revision, expiresAt] }),
        read: async () => (await db.execute({ sql: 'select * from s where id = ?', args: ['a'] })).rows[0],
        update: async ({ bytes, revision, expiresAt }, expected) => {
          const sql = 'update s set bytes = ?, revision = ?, expires = ? where id = ? and revision = ?'
          return (await db.execute({ sql, args: [bytes, revision, expiresAt, 'a', expected] })).rowsAffected === 1
        },
        close: () => db.close(),
      }
    },
  },

  postgres: {
    service: 'postgres',
    make: async (where) => (await import('../../dist/stores/postgres.js')).postgresStore({ url: where }),
    async raw(where) {
      const { default: pg } = await import('pg')
      const pool = new pg.Pool({ connectionString: where })
      await pool.query('create table raw_s (id text primary key, bytes bytea, revision text, expires bigint)')
      const read = { name: 'r', text: 'select * from raw_s where id = $1', values: ['a'] }
      const update = 'update raw_s set bytes = $1, revision = $2, expires = $3 where id = $4 and revision = $5'
      return {
        write: ({ bytes, revision, expiresAt }) =>
          pool.query("insert into raw_s values ('a', $1, $2, $3)", [Buffer.from(bytes), revision, expiresAt]),
        read: async () => (await pool.query(read)).rows[0],
        update: async ({ bytes, revision, expiresAt }, expected) => {
          const values = [Buffer.from(bytes), revision, expiresAt, 'a', expected]
          return (await pool.query({ name: 'u', text: update, values })).rowCount === 1
        },
        close: () => pool.end(),
      }
    },
  },

  mysql: {
    service: 'mariadb',
    make: async (where) => (await import('../../dist/stores/mysql.js')).mysqlStore({ url: where }),
    async raw(where) {
      const { createPool } = await import('mysql2/promise')
      const pool = createPool({ uri: where })
      await pool.query(
        'create table raw_s (id varbinary(128) primary key, bytes longblob, revision varbinary(64), expires bigint)',
      )
      return {
        write: ({ bytes, revision, expiresAt }) =>
          pool.execute("insert into raw_s values ('a', ?, ?, ?)", [Buffer.from(bytes), revision, expiresAt]),
        read: async () => (await pool.execute('select * from raw_s where id = ?', ['a']))[0][0],
        update: async ({ bytes, revision, expiresAt }, expected) => {
          const sql = 'update raw_s set bytes = ?, revision = ?, expires = ? where id = ? and revision = ?'
          const [result] = await pool.execute(sql, [Buffer.from(bytes), revision, expiresAt, 'a', expected])
          return result.affectedRows === 1
        },
        close: () => pool.end(),
      }
    },
  },

  redis: {
    service: 'redis',
    make: async (where) => (await import('../../dist/stores/redis.js')).redisStore({ url: where }),
    // No compare-and-set: a GET and a plain SET.
    async raw(where) {
      const { Redis } = await import('ioredis')
      const redis = new Redis(where, { enableAutoPipelining: true })
      const write = async ({ bytes }) => (await redis.set('raw', Buffer.from(bytes), 'PX', 3_600_000)) === 'OK'
      return { write, read: () => redis.getBuffer('raw'), update: write, close: () => redis.quit() }
    },
  },

  mongodb: {
    service: 'mongodb',
    make: async (where) =>
      (await import('../../dist/stores/mongodb.js')).mongodbStore({ url: where, database: 'bench' }),
    async raw(where) {
      const { MongoClient } = await import('mongodb')
      const client = await new MongoClient(where).connect()
      const rows = client
        .db('bench')
        .collection('raw', { writeConcern: { w: 'majority', journal: true }, readConcern: { level: 'majority' } })
      return {
        write: ({ bytes, revision, expiresAt }) => rows.insertOne({ _id: 'a', bytes, revision, expiresAt }),
        read: () => rows.findOne({ _id: 'a' }),
        update: async ({ bytes, revision, expiresAt }, expected) => {
          const result = await rows.updateOne(
            { _id: 'a', revision: expected },
            { $set: { bytes, revision, expiresAt } },
          )
          return result.matchedCount === 1
        },
        close: () => client.close(),
      }
    },
  },
}
