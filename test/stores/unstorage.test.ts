import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createStorage, type Driver, type Storage } from 'unstorage'
import fsDriver from 'unstorage/drivers/fs'
import fsLiteDriver from 'unstorage/drivers/fs-lite'
import httpDriver from 'unstorage/drivers/http'
import memoryDriver from 'unstorage/drivers/memory'
import overlayDriver from 'unstorage/drivers/overlay'
import { createStorageServer } from 'unstorage/server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { KeyedRecord, Revision, StoredRecord, StoreKey } from '../../src/stores/port.js'
import { type UnstorageStorage, unstorageStore } from '../../src/stores/unstorage.js'
import { type LawName, storeLaws } from '../../src/testing/store-laws.js'
import { variantIt } from '../support/long.js'

const key = (text: string) => text as StoreKey
const record = (text: string, more: Partial<StoredRecord> = {}): StoredRecord => ({
  bytes: new TextEncoder().encode(text),
  revision: `revision-${text}` as Revision,
  expiresAt: 9e12,
  ...more,
})
const slowIt = (name: string, run: () => Promise<void>) => it(name, run, 300_000)

let folder: string
let folders = 0
const newFolder = () => join(folder, `${folders++}`)
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zession-unstorage-'))
})
afterAll(() => rm(folder, { recursive: true }))

const weak: { reason: string; laws: LawName[] }[] = [
  {
    reason: 'unstorage cannot compare and write in one step between processes',
    laws: [
      'of parallel updates on two connections exactly one is ok',
      'of parallel creates on two connections exactly one is ok',
      'a hundred parallel increments on two connections add up to a hundred',
      'no update or touch on one connection brings back what another destroyed',
      'four processes of 250 increments by compare-and-set each add up to a thousand',
      'of a hundred parallel takes in four processes one gets the flash',
    ],
  },
  {
    reason: 'unstorage cannot change two items in one step: regenerate claims and creates',
    laws: [
      'move gives the record its new key and contents, and the old key is gone at once',
      'move with another revision, or onto a taken key, answers conflict and changes nothing',
      'move of nothing answers gone and creates nothing',
      'of parallel moves and updates of one record exactly one is ok',
      'of parallel moves and updates on two connections exactly one is ok',
    ],
  },
  {
    reason: 'unstorage finds items by key alone: a subject would mean to read every record',
    laws: [
      'bySubject meets every record of its subject once, and none of another',
      'bySubject follows update, move and destroy',
      'what is acknowledged before bySubject is called is met',
      'what is acknowledged before bySubject is called is met, across two connections',
      'bySubject of many records lets a timer fire meanwhile',
    ],
  },
  {
    reason: 'unstorage lists the keys of a storage in one call, which is one step of the driver in memory',
    laws: [
      'scan of many records lets a timer fire meanwhile',
      'collectGarbage of many records lets a timer fire meanwhile',
    ],
  },
]
const alone: { reason: string; laws: LawName[] }[] = [
  {
    reason: 'the driver keeps its items in its own memory',
    laws: [
      'what one connection acknowledged the other sees at once',
      'collectors on two connections delete each expired record once in total, each within its limit',
      'collectGarbage on one connection deletes nothing that a touch on another has just saved',
      'a durable record survives closing and reopening',
    ],
  },
]

describe('unstorageStore on the memory driver keeps the laws', () => {
  const make = async () => ({ store: unstorageStore({ storage: createStorage() }), dispose: async () => {} })
  storeLaws(variantIt(slowIt), make, { exempt: [...weak, ...alone] })
})

describe.each<[string, (base: string) => Driver]>([
  ['fs', (base) => fsDriver({ base })],
  ['fs-lite', (base) => fsLiteDriver({ base })],
])('unstorageStore on the %s driver keeps the laws', (_, driver) => {
  const make = async () => {
    const base = newFolder()
    const again = async () => {
      const store = unstorageStore({ storage: createStorage({ driver: driver(base) }), base: 'web:s_1' })
      // The store promises it for no driver, but this one keeps it.
      return { ...store, guarantees: { ...store.guarantees, durable: true } }
    }
    const dispose = () => rm(base, { recursive: true, force: true })
    return { store: await again(), second: again, reopen: again, dispose }
  }
  storeLaws(variantIt(slowIt), make, { exempt: weak })
})

describe('unstorageStore on an overlay of memory over files keeps the laws', () => {
  const make = async () => {
    const layers = [memoryDriver(), fsLiteDriver({ base: newFolder() })]
    return {
      store: unstorageStore({ storage: createStorage({ driver: overlayDriver({ layers }) }) }),
      dispose: async () => {},
    }
  }
  storeLaws(variantIt(slowIt), make, { exempt: [...weak, ...alone] })
})

describe('unstorageStore on the http driver', () => {
  it('keeps records on a server of unstorage', async () => {
    const kept = createStorage()
    const server = createServer(createStorageServer(kept).handle)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const store = unstorageStore({ storage: createStorage({ driver: httpDriver({ base }) }) })
    const odd = key('a/../b?c:\0 é')
    expect(await store.read(odd)).toBeUndefined()
    expect(await store.create(odd, record('one', { subject: 'ann' }))).toBe('ok')
    expect(await store.create(odd, record('two'))).toBe('exists')
    expect(await store.read(odd)).toEqual(record('one', { subject: 'ann' }))
    expect(await store.update(odd, record('two'), 'revision-one' as Revision)).toBe('ok')
    expect(await store.touch(odd, 1000, 'revision-two' as Revision)).toBe('ok')
    expect(await store.collectGarbage(999, 10)).toBe(0)
    expect(await store.collectGarbage(1000, 10)).toBe(1)
    expect(await kept.getKeys()).toEqual([])
    await new Promise((resolve) => server.close(resolve))
  })
})

describe('unstorageStore', () => {
  it('promises nothing, so that a definition takes it only when told to', () => {
    const { guarantees } = unstorageStore({ storage: createStorage() })
    expect(guarantees).toEqual({ atomicUpdate: false, durable: false, shared: false, revocable: false })
  })

  it('has one winner of 100 takes, also through two storage objects of one process', async () => {
    const base = newFolder()
    const storages = [1, 2].map(() => createStorage({ driver: fsLiteDriver({ base }) }))
    const stores = storages.map((storage) => unstorageStore({ storage }))
    for (let round = 0; round < 5; round++) {
      const place = key(`take:${round}`)
      await stores[0]?.create(place, record('full'))
      const answers = await Promise.all(
        Array.from({ length: 100 }, async (_, i) =>
          stores[i % 2]?.update(place, record(`${i}`), 'revision-full' as Revision),
        ),
      )
      expect(answers.filter((answer) => answer === 'ok')).toHaveLength(1)
    }
  })

  it('counts each record once when six collect at the same time', async () => {
    const storage = createStorage({ driver: fsLiteDriver({ base: newFolder() }) })
    const stores = Array.from({ length: 6 }, () => unstorageStore({ storage }))
    for (let i = 0; i < 150; i++)
      await stores[0]?.create(key(`${i}`), record('x', { expiresAt: i < 100 ? 1000 : 9e12 }))
    const counts = await Promise.all(stores.map((store) => store.collectGarbage(1000, 1000)))
    expect(counts.reduce((sum, count) => sum + count)).toBe(100)
    expect(await storage.getKeys('sessions')).toHaveLength(50)
  })

  it('keeps to its base, and leaves what others keep there', async () => {
    const storage = createStorage()
    await storage.setItem('other:item', 'mine')
    await storage.setItem('sessions:settings', { theme: 'dark' })
    const [first, second] = [unstorageStore({ storage }), unstorageStore({ storage, base: 'sessions:deep' })]
    await first.create(key('a'), record('first', { expiresAt: 1 }))
    await second.create(key('a'), record('second', { expiresAt: 1 }))
    expect([await first.read(key('a')), await second.read(key('a'))]).toMatchObject([
      { revision: 'revision-first' },
      { revision: 'revision-second' },
    ])
    const seen: KeyedRecord[] = []
    for await (const each of first.scan('')) seen.push(each)
    expect(seen).toEqual([{ key: 'a', record: record('first', { expiresAt: 1 }) }])
    expect(await second.collectGarbage(5, 10)).toBe(1)
    expect(await first.read(key('a'))).toBeDefined()
    expect(await first.collectGarbage(5, 10)).toBe(1)
    expect((await storage.getKeys()).toSorted()).toEqual(['other:item', 'sessions:settings'])
  })

  it('hands out bytes as plain arrays with a buffer of their own', async () => {
    const store = unstorageStore({ storage: createStorage() })
    await store.create(key('a'), record('abc'))
    const bytes = (await store.read(key('a')))?.bytes
    expect([bytes?.constructor, bytes?.buffer.byteLength]).toEqual([Uint8Array, 3])
  })

  it.each(['', 'A', 'a/b', 'a::b', ':a', 'a?', '..', 'a.b'])('refuses the base %j', (base) => {
    const attempt = () => unstorageStore({ storage: createStorage(), base })
    expect(attempt).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }))
  })

  it('refuses what is no storage', () => {
    // @ts-expect-error a driver has no getKeys that storages have, nor the rest
    expect(() => unstorageStore({ storage: {} })).toThrow(/`storage` of unstorageStore\(\) is an object; it is /)
  })
})

// Compiles: what unstorage makes fits the structural type.
void ((storage: Storage, typed: Storage<string>): UnstorageStorage[] => [storage, typed])
