import { setTimeout as sleep } from 'node:timers/promises'
import { type CommandStartedEvent, MongoClient } from 'mongodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type MongodbStore, mongodbStore } from '../../../src/stores/mongodb.js'
import type { Revision, StoredRecord, StoreKey } from '../../../src/stores/port.js'
import { type MongodbSet, startMongodbSet } from '../../services/mongodb-set.mjs'
import { until } from '../../services/process.mjs'
import { service } from '../../services/service.js'

const mongodb = service('mongodb')
const key = (text: string) => text as StoreKey
const revision = (text: string) => text as Revision
const record = (text: string): StoredRecord => ({ bytes: Buffer.from(text), revision: revision(text), expiresAt: 9e12 })

describe.skipIf(!mongodb.startable)(`mongodbStore on three of ${mongodb.version}`, { timeout: 300_000 }, () => {
  let nodes: MongodbSet['members'] = []
  const hosts: string[] = []
  let set: MongodbSet
  let direct: MongoClient
  let store: MongodbStore

  beforeAll(async () => {
    set = await startMongodbSet(3)
    nodes = set.members
    hosts.push(...nodes.map(({ port }) => `127.0.0.1:${port}`))
    direct = new MongoClient(`mongodb://${hosts[0]}/?directConnection=true`)
    store = mongodbStore({ url: `mongodb://${hosts.join(',')}/app?replicaSet=${set.name}` })
  }, 300_000)
  afterAll(async () => {
    await store?.close()
    await direct?.close()
    await set?.stop()
  })

  it('reads back every write that was acknowledged', async () => {
    let last = record('first')
    await store.create(key('a'), last)
    for (let i = 0; i < 100; i++) {
      const next = record(`${i}`)
      expect(await store.update(key('a'), next, last.revision)).toBe('ok')
      expect((await store.read(key('a')))?.revision).toBe(next.revision)
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

  it('law 2: shows nothing from before a failover, and goes on with the next primary', async () => {
    const spied = new MongoClient(`mongodb://${hosts.join(',')}/app?replicaSet=${set.name}`, { monitorCommands: true })
    const elsewhere = mongodbStore({ db: spied.db() })
    const finds: CommandStartedEvent[] = []
    const linearizable = () => finds.filter(({ command }) => command['readConcern'].level === 'linearizable')
    spied.on('commandStarted', (event) => event.commandName === 'find' && finds.push(event))
    await store.create(key('c'), record('c'))
    await store.create(key('d'), record('d'))
    for (let i = 0; i < 3; i++) expect((await elsewhere.read(key('d')))?.revision).toBe('d')
    expect(linearizable()).toHaveLength(1)

    // The third still votes. Without it the next primary cannot learn what the first had acknowledged.
    const lag = await lagging(hosts[2] ?? '')
    expect(await store.destroy(key('c'))).toBe('ok')
    expect(await store.update(key('d'), record('e'), revision('d'))).toBe('ok')
    await nodes[0]?.kill()
    const asked = finds.length
    const [reads, answers]: [Promise<unknown>[], unknown[]] = [[], []]
    for (const one of [store, elsewhere]) {
      for (const name of ['c', 'd']) {
        const found = patiently(async () => (await one.read(key(name)))?.revision)
        reads.push(found.then((answer) => answers.push(answer)).then(() => found))
      }
    }
    await until(
      'the next primary is asked',
      () => finds.slice(asked).some(({ address }) => address === hosts[1]),
      30_000,
    )
    await sleep(300)
    expect(answers).toEqual([])
    await lag.end()
    expect(await Promise.all(reads)).toEqual([undefined, 'e', undefined, 'e'])

    const settling = linearizable().length
    expect(settling).toBeGreaterThan(1)
    for (let i = 0; i < 3; i++) expect((await elsewhere.read(key('d')))?.revision).toBe('e')
    expect(linearizable()).toHaveLength(settling)
    expect(await store.update(key('d'), record('f'), revision('e'))).toBe('ok')
    await spied.close()
  })
})

/** Keeps the member from replicating, as a slow disk or network would. */
async function lagging(host: string) {
  const client = new MongoClient(`mongodb://${host}/?directConnection=true`)
  const set = (mode: 'alwaysOn' | 'off') => client.db('admin').command({ configureFailPoint: 'stopReplProducer', mode })
  await set('alwaysOn')
  const end = async () => {
    await set('off')
    await client.close()
  }
  return { end }
}

/** Until there is a primary. */
async function patiently<T>(run: () => Promise<T>): Promise<T> {
  let answer: { readonly value: T } | undefined
  await until('there is an answer', async () => Boolean((answer = { value: await run() })), 30_000)
  if (!answer) throw new Error('There is none.')
  return answer.value
}
