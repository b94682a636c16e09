// Where the sessions of a run live: a place of their own on each store.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { makeFolder, removeFolder } from '../services/process.mjs'

/** @type {import('./places.mjs').makePlace} */
export async function makePlace(kind, url) {
  const name = `chaos_${randomBytes(6).toString('hex')}`
  if (kind === 'memory') return { store: { kind, options: {} }, shared: false, drop: async () => {} }
  if (kind === 'sqlite') {
    const folder = makeFolder('chaos')
    const file = `file:${join(folder, 'sessions.db')}`
    return { store: { kind, options: { url: file } }, shared: true, drop: async () => removeFolder(folder) }
  }
  // Nobody else reads it, and it runs out by itself.
  if (kind === 'redis')
    return { store: { kind, options: { url, prefix: `${name}:` } }, shared: true, drop: async () => {} }
  const { default: pg } = await import('pg')
  const query = async (statement) => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    try {
      await client.query(statement)
    } finally {
      await client.end()
    }
  }
  await query(`create database ${name}`)
  const own = new URL(url)
  own.pathname = `/${name}`
  return {
    store: { kind, options: { url: own.href } },
    shared: true,
    drop: () => query(`drop database if exists ${name} with (force)`),
  }
}
