// What the stores of express-session have written is read by zession/adopt/express-stores, on real servers:
// npm ci, npm run build in the repository, and node stores.mjs
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import MongoStore from 'connect-mongo'
import connectPgSimple from 'connect-pg-simple'
import { RedisStore } from 'connect-redis'
import expressSession from 'express-session'
import { MongoClient } from 'mongodb'
import pg from 'pg'
import { createClient } from 'redis'
import sessionFileStore from 'session-file-store'
import * as ours from '../../dist/adopt/express-stores.js'
import { startMongodb } from '../services/mongodb.mjs'
import { startPostgres } from '../services/postgres.mjs'
import { startRedis } from '../services/redis.mjs'

const id = 'lpBHlFohgdWXZxXWJsHD7GlRZ3Ob8-NX'
const day = 86_400_000
const record = {
  cookie: { originalMaxAge: day, expires: new Date(Date.now() + day).toISOString() },
  userId: 7,
  name: 'Ann Ö',
}

async function prove(name, theirs, reader) {
  await new Promise((resolve, reject) => theirs.set(id, record, (error) => (error ? reject(error) : resolve())))
  const found = await reader.read(id, Date.now())
  const values = typeof found === 'string' ? JSON.parse(found) : found
  assert.equal(values.userId, 7)
  assert.equal(values.name, 'Ann Ö')
  assert.ok(!(await reader.read('another-id-that-nobody-has', Date.now())))
  // Redis is the one that ends a record itself.
  if (name !== 'connect-redis') assert.ok(!(await reader.read(id, Date.now() + 2 * day)))
  await reader.end(id)
  assert.ok(!(await reader.read(id, Date.now())))
  console.log(`${name}: read, and ended`)
}

const redis = await startRedis({ durable: false })
const client = await createClient({ url: redis.url }).connect()
await prove('connect-redis', new RedisStore({ client }), ours.connectRedis({ client }))
await prove('connect-redis', new RedisStore({ client, prefix: 'a:' }), ours.connectRedis({ client, prefix: 'a:' }))
await client.close()
await redis.stop()

const folder = mkdtempSync(join(tmpdir(), 'sessions-'))
const FileStore = sessionFileStore(expressSession)
await prove(
  'session-file-store',
  new FileStore({ path: folder, reapInterval: -1 }),
  ours.sessionFiles({ path: folder }),
)
rmSync(folder, { recursive: true })

const postgres = await startPostgres()
const pool = new pg.Pool({ connectionString: postgres.url })
const PgStore = connectPgSimple(expressSession)
const pgStore = (options) => new PgStore({ pool, pruneSessionInterval: false, ...options })
await prove('connect-pg-simple', pgStore({ createTableIfMissing: true }), ours.connectPgSimple({ pool }))
await pool.query('CREATE SCHEMA "Own"')
await pool.query(
  'CREATE TABLE "Own".session (sid varchar PRIMARY KEY, sess json NOT NULL, expire timestamp(6) NOT NULL)',
)
const own = { schemaName: 'Own', tableName: 'session' }
await prove('connect-pg-simple', pgStore(own), ours.connectPgSimple({ pool, ...own }))
await pool.end()
await postgres.stop()

const mongodb = await startMongodb()
const mongo = await new MongoClient(mongodb.url).connect()
for (const stringify of [true, false]) {
  const dbName = `stringify-${stringify}`
  const reader = ours.connectMongo({ collection: mongo.db(dbName).collection('sessions') })
  await prove('connect-mongo', MongoStore.create({ client: mongo, dbName, stringify, autoRemove: 'disabled' }), reader)
}
await mongo.close()
await mongodb.stop()
