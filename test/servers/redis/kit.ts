import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import type { Revision, StoredRecord, StoreKey } from '../../../src/stores/port.js'
import { type RedisStore, redisStore } from '../../../src/stores/redis.js'
import type { Server } from '../../services/process.mjs'
import { startRedis } from '../../services/redis.mjs'
import { service } from '../../services/service.js'

/** Whether a test can start a Redis of its own. */
export const available = service('redis').startable

export const key = (text: string) => text as StoreKey
export const revision = (text: string) => text as Revision
export const day = 86_400_000
export const inADay = Date.now() + day
export const record = (text: string, more: Partial<StoredRecord> = {}): StoredRecord => ({
  bytes: Buffer.from(text),
  revision: revision(`revision-${text}`),
  expiresAt: inADay,
  ...more,
})

/** A record whose revision nobody has had. */
export const newRecord = (text: string, more: Partial<StoredRecord> = {}): StoredRecord =>
  record(text, { revision: newRevision(), ...more })
export const newRevision = () => revision(randomUUID())
export const textOf = (found: StoredRecord | undefined) => Buffer.from(found?.bytes ?? []).toString()

/** A server of a file's own, a client that may do anything, and a store. */
export interface OwnRedis {
  readonly server: Server
  readonly admin: Redis
  readonly store: RedisStore
  stop(): Promise<void>
}

export async function ownRedis(): Promise<OwnRedis> {
  const server = await startRedis({ durable: false })
  const admin = new Redis(server.url)
  const store = redisStore({ url: server.url })
  return {
    server,
    admin,
    store,
    async stop() {
      await store.close()
      admin.disconnect()
      await server.stop()
    },
  }
}

/**
 * Removes the keys of a store with this prefix. Every SCAN passes all keys of its server: what a law over many records leaves
 * behind makes each law after it slower.
 */
export async function removeKeys(url: string, prefix: string) {
  const admin = new Redis(url)
  for await (const keys of admin.scanStream({ match: `*${prefix}*`, count: 5000 })) {
    if (keys.length > 0) await admin.unlink(keys)
  }
  admin.disconnect()
}
