// Where the sessions of a run live: a place of their own on each store.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { makeFolder, removeFolder } from '../services/process.mjs'

/** @type {import('./places.mjs').makePlace} */
export async function makePlace(kind, url) {
  const name = `chaos_${randomBytes(6).toString('hex')}`
  return { shared: true, drop: async () => {}, ...(await makers[kind](name, url)) }
}

const makers = {
  memory: () => ({ store: { kind: 'memory', options: {} }, shared: false }),
  sqlite: () => inFolder((folder) => ({ kind: 'sqlite', options: { url: `file:${join(folder, 'sessions.db')}` } })),
  file: () => inFolder((folder) => ({ kind: 'file', options: { folder: join(folder, 'sessions') } })),
  lmdb: () => inFolder((folder) => ({ kind: 'lmdb', options: { path: join(folder, 'sessions') } })),
  // Nobody else reads it, and it runs out by itself.
  redis: (name, url) => ({ store: { kind: 'redis', options: { url, prefix: `${name}:` } } }),
  async postgres(name, url) {
    await postgres(url, `create database ${name}`)
    return {
      store: { kind: 'postgres', options: { url: at(url, name) } },
      drop: () => postgres(url, `drop database if exists ${name} with (force)`),
    }
  },
  async mysql(name, url) {
    await mysql(url, `create database ${name}`)
    return {
      store: { kind: 'mysql', options: { url: at(url, name) } },
      drop: () => mysql(url, `drop database if exists ${name}`),
    }
  },
  mongodb: (name, url) => ({
    store: { kind: 'mongodb', options: { url, database: name } },
    drop: () => dropMongodb(url, name),
  }),
}

function inFolder(storeIn) {
  const folder = makeFolder('chaos')
  return { store: storeIn(folder), drop: async () => removeFolder(folder) }
}

function at(url, database) {
  const own = new URL(url)
  own.pathname = `/${database}`
  return own.href
}

async function postgres(url, statement) {
  const { default: pg } = await import('pg')
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

async function mysql(url, statement) {
  const { createConnection } = await import('mysql2/promise')
  const connection = await createConnection(url)
  try {
    await connection.query(statement)
  } finally {
    await connection.end()
  }
}

async function dropMongodb(url, name) {
  const { MongoClient } = await import('mongodb')
  const client = new MongoClient(url)
  try {
    await client.db(name).dropDatabase()
  } finally {
    await client.close()
  }
}
