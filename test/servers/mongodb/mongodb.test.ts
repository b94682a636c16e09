import { type Collection, type Db, MongoClient } from 'mongodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { MongodbCollection, MongodbDatabase } from '../../../src/stores/mongodb.js'
import { mongodbStore } from '../../../src/stores/mongodb.js'
import type { KeyedRecord, Revision, SessionStore, StoreKey } from '../../../src/stores/port.js'
import { type LawName, storeLaws } from '../../../src/testing/store-laws.js'
import { createDatabase, type Database, uniqueName } from '../../services/databases.js'
import { service } from '../../services/service.js'
import { variantIt } from '../../support/long.js'
import { openStoreModule } from '../../support/store-process.js'
import { key, record, revision } from './kit.js'

const mongodb = service('mongodb')
const slowIt = (name: string, run: () => Promise<void>) => it(name, run, 300_000)

describe.skipIf(!mongodb.available)(`mongodbStore on ${mongodb.version}`, () => {
  let place: Database
  let client: MongoClient
  beforeAll(async () => {
    place = await createDatabase('mongodb', mongodb.url)
    client = new MongoClient(place.url)
  })
  afterAll(async () => {
    await client.close()
    await place.drop()
  })

  const noMove: LawName[] = [
    'move gives the record its new key and contents, and the old key is gone at once',
    'move with another revision, or onto a taken key, answers conflict and changes nothing',
    'move of nothing answers gone and creates nothing',
    'of parallel moves and updates of one record exactly one is ok',
    'of parallel moves and updates on two connections exactly one is ok',
  ]
  const byUrl: LawName[] = [
    'four processes of 250 increments by compare-and-set each add up to a thousand',
    'of a hundred parallel takes in four processes one gets the flash',
  ]
  const exempt = [
    { reason: 'two documents in one step need a transaction: regenerate claims and creates', laws: noMove },
  ]

  describe('with url keeps the laws', () => {
    storeLaws(
      slowIt,
      async () => {
        const collection = uniqueName()
        const stores: SessionStore[] = []
        const opened = async () => {
          const store = mongodbStore({ url: place.url, collection })
          stores.push(store)
          return store
        }
        const store = await opened()
        return {
          store,
          second: opened,
          reopen: async () => {
            await store.close?.()
            return opened()
          },
          processes: {
            module: openStoreModule,
            args: ['mongodb', JSON.stringify({ url: place.url, collection })],
          },
          dispose: async () => {
            for (const each of stores) await each.close?.()
            await client.db().dropCollection(collection)
          },
        }
      },
      { exempt },
    )
  })

  describe('with a collection that folds case and decodes oddly keeps the laws (D12)', () => {
    storeLaws(
      variantIt(slowIt),
      async () => {
        const name = uniqueName()
        const odd = { promoteBuffers: false, promoteValues: false, readPreference: 'secondaryPreferred' } as const
        await client.db().createCollection(name)
        const again = async () => mongodbStore({ collection: client.db().collection(name, odd), initIndexes: true })
        return {
          store: await again(),
          second: again,
          reopen: again,
          dispose: async () => void (await client.db().dropCollection(name)),
        }
      },
      { exempt: [...exempt, { reason: 'several processes are tested by url, as above', laws: byUrl }] },
    )
  })

  it('compares text byte for byte in a collection whose collation does not (D12)', async () => {
    const name = uniqueName()
    const collection = await client.db().createCollection(name, { collation: { locale: 'en', strength: 1 } })
    const store = mongodbStore({ collection })
    await store.create(key('k'), record('a', { revision: revision('v') }))
    expect(await store.read(key('K'))).toBeUndefined()
    expect(await store.update(key('K'), record('b'), revision('v'))).toBe('gone')
    expect(await store.update(key('k'), record('b'), revision('V'))).toBe('conflict')
    expect(await store.touch(key('k'), 1, revision('V'))).toBe('stale')
    expect(await store.destroy(key('k'), revision('V'))).toBe('conflict')
    expect(await store.destroy(key('K'))).toBe('gone')
    expect(await store.read(key('k'))).toEqual(record('a', { revision: revision('v') }))
  })

  it('takes text that looks like fields and operators for text', async () => {
    const store = mongodbStore({ db: client.db(), collection: uniqueName() })
    const odd = ['$v', '$$ROOT', '$e', '$where', '{"$ne":null}', '', '\0', '$literal'].map(revision)
    for (const text of odd) {
      const made = record('a', { revision: text, subject: text, bytes: new TextEncoder().encode(text) })
      const place = key(`${text}:place`)
      expect(await store.create(place, made)).toBe('ok')
      for (const other of odd)
        if (other !== text) expect(await store.update(place, record('x'), other)).toBe('conflict')
      expect(await store.touch(place, 5, text)).toBe('ok')
      const next = record('b', { revision: text, subject: `${text}$s` })
      expect(await store.update(place, next, text)).toBe('ok')
      expect(await store.read(place)).toEqual(next)
    }
    // What a program without types might pass on from a request.
    const operator = { $ne: null } as unknown as StoreKey
    await expect(store.read(operator)).resolves.toBeUndefined()
    expect(await store.destroy(operator)).toBe('gone')
    expect(await store.read(key('$v:place'))).toBeDefined()
    expect(await store.destroy(key('$v:place'), { $ne: null } as unknown as Revision)).toBe('conflict')
  })

  it('hands out bytes as plain arrays with a buffer of their own', async () => {
    const store = mongodbStore({ db: client.db(), collection: uniqueName() })
    await store.create(key('a'), record('abc'))
    const bytes = (await store.read(key('a')))?.bytes
    expect([bytes?.constructor, bytes?.buffer.byteLength]).toEqual([Uint8Array, 3])
  })

  describe('and its collection', () => {
    it('makes the named one with its indexes, and leaves `sessions` alone (D4)', async () => {
      const name = uniqueName()
      const store = mongodbStore({ url: place.url, collection: name })
      await store.create(key('a'), record('a', { subject: 'ann' }))
      const found: KeyedRecord[] = []
      for await (const each of store.bySubject('ann')) found.push(each)
      expect(found).toEqual([{ key: 'a', record: record('a', { subject: 'ann' }) }])
      await store.close()
      const names = (await client.db().listCollections().toArray()).map((each) => each.name)
      expect(names).toContain(name)
      expect(names).not.toContain('sessions')
      const indexes = await client.db().collection(name).indexes()
      expect(indexes.map((index) => [index.key, index['expireAfterSeconds']])).toEqual([
        [{ _id: 1 }, undefined],
        [{ e: 1 }, 60],
        [{ s: 1, _id: 1 }, undefined],
      ])
    })

    it('is `sessions` by default, without indexes when it is yours, and what the database option names', async () => {
      const other = await createDatabase('mongodb', mongodb.url)
      const store = mongodbStore({ url: place.url, database: other.name })
      await store.create(key('a'), record('a'))
      await store.close()
      const db = client.db(other.name)
      expect(await mongodbStore({ db }).read(key('a'))).toEqual(record('a'))
      expect(await db.collection('sessions').countDocuments()).toBe(1)
      await mongodbStore({ db, collection: 'mine' }).create(key('a'), record('a'))
      expect(await db.collection('mine').indexes()).toHaveLength(1)
      await other.drop()
    })

    it('keeps an index on the same field that was there before', async () => {
      const name = uniqueName()
      await client.db().collection(name).createIndex({ e: 1 }, { expireAfterSeconds: 3600 })
      const store = mongodbStore({ db: client.db(), collection: name, initIndexes: true })
      expect(await store.create(key('a'), record('a', { subject: 'ann' }))).toBe('ok')
      const indexes = await client.db().collection(name).indexes()
      expect(indexes.map((index) => index['expireAfterSeconds'])).toEqual([undefined, 3600, undefined])
    })

    it('is emptied by the server itself, no sooner than a minute after the deadline', {
      timeout: 300_000,
    }, async () => {
      const name = uniqueName()
      const store = mongodbStore({ db: client.db(), collection: name, initIndexes: true })
      const now = Date.now()
      await store.create(key('old'), record('a', { expiresAt: now - 61_000 }))
      await store.create(key('late'), record('b', { expiresAt: now - 20_000 }))
      await store.create(key('alive'), record('c', { expiresAt: now + 60_000 }))
      // A shared server may look for expired documents once a minute only.
      await client
        .db('admin')
        .command({ setParameter: 1, ttlMonitorSleepSecs: 1 })
        .catch(() => {})
      await expect.poll(() => store.read(key('old')), { timeout: 60_000, interval: 100 }).toBeUndefined()
      expect(await store.read(key('late'))).toBeDefined()
      expect(await store.read(key('alive'))).toBeDefined()
    })
  })

  it('counts each record once when six collect at the same time', async () => {
    const name = uniqueName()
    const stores = Array.from({ length: 6 }, () => mongodbStore({ db: client.db(), collection: name }))
    const [first] = stores
    for (let i = 0; i < 300; i++) await first?.create(key(`r:${i}`), record('x', { expiresAt: i < 200 ? 1000 : 9e12 }))
    const counts = await Promise.all(
      stores.map(async (store) => {
        let sum = 0
        for (let empty = 0; empty < 3; ) {
          const count = await store.collectGarbage(1000, 7)
          expect(count).toBeLessThanOrEqual(7)
          sum += count
          empty = count === 0 ? empty + 1 : 0
        }
        return sum
      }),
    )
    expect(counts.reduce((sum, count) => sum + count)).toBe(200)
    expect(await client.db().collection(name).countDocuments()).toBe(100)
    expect(await first?.collectGarbage(9e12, 0)).toBe(0)
    expect(await client.db().collection(name).countDocuments()).toBe(100)
  })

  it('closes its own client for good, and never yours', async () => {
    const appName = uniqueName()
    const connections = async () => {
      const idle = { $currentOp: { allUsers: true, idleConnections: true } }
      return (
        await client
          .db('admin')
          .aggregate([idle, { $match: { appName } }])
          .toArray()
      ).length
    }
    const store = mongodbStore({ url: `${place.url}&appName=${appName}`, collection: uniqueName() })
    expect(await connections()).toBe(0)
    await store.read(key('a'))
    expect(await connections()).toBeGreaterThan(0)
    await store.close()
    await expect.poll(connections, { timeout: 60_000 }).toBe(0)
    await expect(store.read(key('a'))).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
    const yours = mongodbStore({ db: client.db(), collection: uniqueName() })
    await yours.read(key('a'))
    await yours.close()
    expect(await client.db().command({ ping: 1 })).toMatchObject({ ok: 1 })
  })
})

// Compiles: what the driver makes fits the structural types.
void ((db: Db, all: Collection): [MongodbDatabase, MongodbCollection] => [db, all])
