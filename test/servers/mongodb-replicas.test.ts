import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type MongodbStore, mongodbStore } from '../../src/stores/mongodb.js'
import type { StoredRecord, StoreKey, Version } from '../../src/stores/port.js'
import { requireBinaries } from '../services/binaries.mjs'
import { freePort, launch, makeFolder, type ServerProcess, until } from '../services/process.mjs'
import { service } from '../services/service.js'

const mongodb = service('mongodb')
const key = (text: string) => text as StoreKey
const version = (text: string) => text as Version
const record = (text: string): StoredRecord => ({ bytes: Buffer.from(text), version: version(text), expiresAt: 9e12 })

describe.skipIf(!mongodb.startable)(`mongodbStore on three of ${mongodb.version}`, { timeout: 90_000 }, () => {
  const nodes: ServerProcess[] = []
  let direct: MongoClient
  let store: MongodbStore

  beforeAll(async () => {
    const { mongod } = requireBinaries('mongodb')
    const ports = [await freePort(), await freePort(), await freePort()]
    for (const port of ports) {
      const folder = makeFolder('mongo3')
      const small = ['--wiredTigerCacheSizeGB', '0.25', '--oplogSize', '64', '--nounixsocket']
      const args = ['--dbpath', folder, '--port', `${port}`, '--bind_ip', '127.0.0.1', '--replSet', 'rs3', ...small]
      nodes.push(await launch({ command: mongod ?? '', args, ready: /Waiting for connections/i, folder }))
    }
    const hosts = ports.map((port) => `127.0.0.1:${port}`)
    direct = new MongoClient(`mongodb://${hosts[0]}/?directConnection=true`)
    const members = hosts.map((host, i) => ({ _id: i, host, priority: i === 0 ? 2 : 1 }))
    const settings = { electionTimeoutMillis: 3000 }
    await direct.db('admin').command({ replSetInitiate: { _id: 'rs3', settings, members } })
    const primary = async () => (await direct.db('admin').command({ hello: 1 }))['isWritablePrimary'] === true
    await until('the first is the primary', primary, 30_000)
    store = mongodbStore({ url: `mongodb://${hosts.join(',')}/app?replicaSet=rs3` })
  }, 120_000)
  afterAll(async () => {
    await store?.close()
    await direct?.close()
    for (const node of nodes) await node.stop()
  })

  it('reads back every write that was acknowledged', async () => {
    let last = record('first')
    await store.create(key('a'), last)
    for (let i = 0; i < 100; i++) {
      const next = record(`${i}`)
      expect(await store.update(key('a'), next, last.version)).toBe('ok')
      expect((await store.read(key('a')))?.version).toBe(next.version)
      last = next
    }
  })

  it('shows no logout that a failover could still take back', async () => {
    await store.create(key('b'), record('b'))
    for (const node of nodes.slice(1)) node.pause()
    const sessions = direct.db('app').collection<{ _id: string }>('sessions')
    const logout = store.destroy(key('b'))
    try {
      const gone = async () => (await sessions.findOne({ _id: 'b' }, { readConcern: { level: 'local' } })) === null
      await until('the primary alone has destroyed it', gone, 2500)
      expect(await store.read(key('b'))).toBeDefined()
    } finally {
      for (const node of nodes.slice(1)) node.resume()
    }
    expect(await logout).toBe('ok')
    expect(await store.read(key('b'))).toBeUndefined()
  })

  it('keeps what was acknowledged when the primary dies, and goes on with the next', async () => {
    await store.create(key('c'), record('c'))
    await store.create(key('d'), record('d'))
    expect(await store.destroy(key('c'))).toBe('ok')
    expect(await store.update(key('d'), record('e'), version('d'))).toBe('ok')
    await nodes[0]?.kill()
    const answers: unknown[] = []
    const read = async () => {
      answers.push(await store.read(key('c')))
      return true
    }
    await until('another is the primary', read, 30_000)
    expect(answers).toEqual([undefined])
    expect((await store.read(key('d')))?.version).toBe('e')
    expect(await store.update(key('d'), record('f'), version('e'))).toBe('ok')
  })
})
