import { inspect } from 'node:util'
import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type MongodbStore, mongodbStore } from '../../../src/stores/mongodb.js'
import type { Revision, StoredRecord, StoreKey } from '../../../src/stores/port.js'
import { createDatabase, type Database, uniqueName } from '../../services/databases.js'
import { freePort } from '../../services/process.mjs'
import { service } from '../../services/service.js'

const mongodb = service('mongodb')
// Quotes, because the server escapes them when it quotes a key.
const secretKey = 'secret-key"with-quote' as StoreKey
const secretRevision = 'secret-revision' as Revision
const secret: StoredRecord = {
  bytes: new TextEncoder().encode('secret-bytes'),
  revision: secretRevision,
  expiresAt: 9e12,
  subject: 'secret-subject"quoted',
}

function assertClean(error: unknown) {
  expect(error).toBeInstanceOf(Error)
  const text = `${inspect(error, { depth: 8, showHidden: true })} ${JSON.stringify(error)}`
  for (const word of ['secret-key', 'secret-revision', 'secret-bytes', 'secret-subject', 'secret-pass']) {
    for (const form of ['utf8', 'hex', 'base64'] as const) {
      expect(text).not.toContain(Buffer.from(word).toString(form).replaceAll('=', ''))
    }
  }
  expect(text).not.toMatch(/<Buffer|Uint8Array|Binary/)
}

const thrownBy = (call: Promise<unknown>) =>
  call.then(
    () => 'no error',
    (error: unknown) => error,
  )

const calls = (store: MongodbStore): (() => Promise<unknown>)[] => [
  () => store.read(secretKey),
  () => store.create(secretKey, secret),
  () => store.update(secretKey, secret, secretRevision),
  () => store.touch(secretKey, 1, secretRevision),
  () => store.destroy(secretKey),
  () => store.destroy(secretKey, secretRevision),
  () => store.scan(secretKey)[Symbol.asyncIterator]().next(),
  () => store.bySubject('secret-subject')[Symbol.asyncIterator]().next(),
]

describe('mongodbStore refuses', () => {
  it.each([
    ['no connection string', 'http://localhost/db'],
    ['no connection string', 'mongodb:///db'],
    ['no connection string', 'mongodb://h/db/more'],
    ['no connection string', 'mongodb://h/%zz'],
    ['no connection string', ''],
    ['no database is named', 'mongodb://user:password@h'],
    ['no database is named', 'mongodb://user:password@h:1,i:2/'],
    ['no database is named', 'mongodb+srv://user:password@h/?replicaSet=x'],
    ['cannot be used', 'mongodb://user:password@h/a.b'],
    ['cannot be used', `mongodb://h/${'x'.repeat(64)}`],
  ])('a url with %s: %s (M095)', (reason, url) => {
    const attempt = () => mongodbStore({ url })
    expect(attempt).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }))
    expect(attempt).toThrow(reason)
    expect(attempt).not.toThrow('password')
  })

  it.each(['', 'a$b', 'a\0b', 'system.users', '.a', 'a..b', 'a.', 'x'.repeat(151)])(
    'the collection %j',
    (collection) => {
      const attempt = () => mongodbStore({ url: 'mongodb://h/db', collection })
      expect(attempt).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }))
    },
  )

  it('a database option that cannot be one, and takes one that the url does not name', () => {
    expect(() => mongodbStore({ url: 'mongodb://h/db', database: 'a b' })).toThrow('cannot be used')
    expect(() => mongodbStore({ url: 'mongodb://h/db', database: '' })).toThrow('no database is named')
    expect(mongodbStore({ url: 'mongodb://a:1,b:2/?replicaSet=x', database: 'app' })).toBeDefined()
  })

  it('none and several of url, db and collection, and what is none of the driver', () => {
    const client = new MongoClient('mongodb://h')
    const db = client.db('app')
    // @ts-expect-error none
    expect(() => mongodbStore({})).toThrow('give url')
    // @ts-expect-error two
    expect(() => mongodbStore({ url: 'mongodb://h/db', db })).toThrow('give url')
    // @ts-expect-error two
    expect(() => mongodbStore({ db, collection: db.collection('a') })).toThrow('give url')
    // @ts-expect-error a client is no database
    expect(() => mongodbStore({ db: client })).toThrow('of the official driver')
    // @ts-expect-error a database is no collection
    expect(() => mongodbStore({ collection: db })).toThrow('of the official driver')
    const { databaseName, collection, command } = client.db('app')
    // @ts-expect-error without its client
    expect(() => mongodbStore({ db: { databaseName, collection, command } })).toThrow('of the official driver')
  })
})

describe.skipIf(!mongodb.available)(
  `mongodbStore never lets a parameter out in an error, on ${mongodb.version}`,
  () => {
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

    it('when the server refuses a document: its code', async () => {
      const name = uniqueName()
      const collection = await client.db().createCollection(name, {
        validator: { $jsonSchema: { properties: { d: { bsonType: 'string' } } } },
      })
      const store = mongodbStore({ collection })
      const direct: unknown = await thrownBy(collection.insertOne({ _id: secretKey as never, d: 5 }))
      expect(inspect(direct, { depth: 8 })).toContain('secret-key')
      const error = await thrownBy(store.create(secretKey, secret))
      assertClean(error)
      expect(error).toMatchObject({
        code: 'ERR_SESSION_STORE',
        message: expect.stringContaining('(121)'),
      })
    })

    it('when an index of the user refuses it: that is no answer about the key', async () => {
      const collection = client.db().collection(uniqueName())
      await collection.createIndex({ s: 1 }, { unique: true })
      const store = mongodbStore({ collection })
      await store.create('other' as StoreKey, secret)
      const created = await thrownBy(store.create(secretKey, secret))
      await store.create(secretKey, { ...secret, subject: 'else' })
      const updated = await thrownBy(store.update(secretKey, secret, secretRevision))
      for (const error of [created, updated]) {
        assertClean(error)
        expect(error).toMatchObject({ code: 'ERR_SESSION_STORE', message: expect.stringContaining('11000') })
      }
    })

    it('when a document is larger than MongoDB takes', async () => {
      const store = mongodbStore({ collection: client.db().collection(uniqueName()) })
      const bytes = new Uint8Array(17 * 1024 * 1024)
      bytes.set(secret.bytes)
      assertClean(await thrownBy(store.create(secretKey, { ...secret, bytes })))
    })

    it.each([
      ['quotes', 'ERR_SESSION_STORE', 'E_ECHO'],
      ['holds', 'E_ECHO', 'refused'],
    ])('when the error of the driver %s what it was given', async (way, code, message) => {
      const collection = client.db().collection(uniqueName())
      const echo = (...args: unknown[]) => {
        const text = way === 'quotes' ? inspect(args, { depth: 8 }) : 'refused'
        throw Object.assign(new Error(text), { reason: args, cause: args, code: 'E_ECHO' })
      }
      const store = mongodbStore({ collection })
      // Or the first read would be one of no session: see elections.ts.
      await store.read(secretKey)
      Object.assign(collection, { findOne: echo, insertOne: echo, findOneAndUpdate: echo, deleteOne: echo, find: echo })
      for (const call of calls(store)) {
        const error = await thrownBy(call())
        assertClean(error)
        expect(error).toMatchObject({ code, message: expect.stringContaining(message) })
      }
    })

    it('when there is no server: the reason, in the time that the url allows (J6)', async () => {
      const hosts = `user:secret-pass@127.0.0.1:${await freePort()}`
      const store = mongodbStore({ url: `mongodb://${hosts}/app?serverSelectionTimeoutMS=200` })
      for (const call of calls(store)) {
        const error = await thrownBy(call())
        assertClean(error)
        expect(error).toMatchObject({
          code: 'ERR_SESSION_STORE',
          message: expect.stringContaining('ECONNREFUSED'),
        })
      }
      await store.close()
    })

    it('when the password is wrong or the indexes may not be made', async () => {
      const url = new URL(place.url)
      url.username = 'nobody'
      url.password = 'secret-pass'
      const error = await thrownBy(mongodbStore({ url: url.href }).read(secretKey))
      assertClean(error)
      expect(error).toMatchObject({ message: expect.stringContaining('18 AuthenticationFailed') })
      await client.db().createCollection('view', { viewOn: 'x', pipeline: [] })
      const refused = await thrownBy(mongodbStore({ url: place.url, collection: 'view' }).read(secretKey))
      expect(refused).toMatchObject({ message: expect.stringContaining('166 CommandNotSupportedOnView') })
    })
  },
)
