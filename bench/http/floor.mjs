// The same work written by hand, without a feature: what no session library on this framework can be faster than.
import { hash, randomBytes } from 'node:crypto'
import { Encoder } from 'cbor-x'
import { parseCookie } from 'cookie-es'
import { H3, toNodeHandler } from 'h3-v2'
import * as z from 'zod'
import { schema, user } from './session.mjs'

/** Cookie, SHA-256, CBOR, validation, freezing; records in a Map. */
export function memoryFloor() {
  const records = new Map()
  const cbor = new Encoder({ useRecords: false })
  const valid = z.compile ? z.compile(schema) : schema
  return handler({
    read: (key) => {
      const bytes = records.get(key)
      return bytes && freeze(valid.parse(cbor.decode(new Uint8Array(bytes))))
    },
    write: (key, value) => {
      records.set(key, new Uint8Array(cbor.encode(valid.parse(value))))
    },
  })
}

/** Cookie, one GET and JSON.parse; a write is a GET and a SET. The client pipelines as the store's does. */
export async function redisFloor(url) {
  const { Redis } = await import('ioredis')
  const redis = new Redis(url, { enableAutoPipelining: true })
  return handler({
    read: async (key) => JSON.parse(await redis.get(key)),
    write: (key, value) => redis.set(key, JSON.stringify(value), 'EX', 3600),
  })
}

function handler({ read, write }) {
  const app = new H3()
  const keyOf = (event) => {
    const { session } = parseCookie(event.req.headers.get('cookie') ?? '')
    return `session:${hash('sha256', `session\0${session}`, 'base64url')}`
  }
  app.get('/start', async (event) => {
    const id = randomBytes(32).toString('base64url')
    await write(`session:${hash('sha256', `session\0${id}`, 'base64url')}`, { ...user, n: 0 })
    event.res.headers.set('set-cookie', `session=${id}; Path=/; HttpOnly; SameSite=Lax`)
    return { ok: true }
  })
  app.get('/read', async (event) => {
    const { userId } = await read(keyOf(event))
    event.res.headers.set('vary', 'Cookie')
    return { userId }
  })
  app.get('/write', async (event) => {
    const key = keyOf(event)
    const old = await read(key)
    const next = { ...old, n: old.n + 1 }
    await write(key, next)
    event.res.headers.set('vary', 'Cookie')
    return { n: next.n }
  })
  return toNodeHandler(app)
}

function freeze(value) {
  if (typeof value !== 'object' || value === null) return value
  for (const key in value) freeze(value[key])
  return Object.freeze(value)
}
