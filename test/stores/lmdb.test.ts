import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open } from 'lmdb'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { lmdbStore } from '../../src/stores/lmdb.js'
import { type LawName, storeLaws } from '../../src/testing/store-laws.js'
import { variantIt } from '../support/long.js'
import { openStoreModule } from '../support/store-process.js'

const slowIt = (name: string, run: () => Promise<void>) => it(name, run, 300_000)

let root: string
let folders = 0
const newFolder = () => join(root, `store${folders++}`)
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'zession-lmdb-'))
})
afterAll(() => rm(root, { recursive: true }))

describe('lmdbStore({ path }) keeps the laws', () => {
  storeLaws(slowIt, async () => {
    const path = newFolder()
    const store = lmdbStore({ path })
    const stores = [store]
    const another = async () => {
      const opened = lmdbStore({ path })
      stores.push(opened)
      return opened
    }
    return {
      store,
      second: another,
      reopen: async () => {
        await store.close()
        return another()
      },
      processes: { module: openStoreModule, args: ['lmdb', JSON.stringify({ path })] },
      dispose: async () => {
        for (const each of stores) await each.close()
      },
    }
  })
})

const noSecond: LawName[] = [
  'of parallel updates on two connections exactly one is ok',
  'of parallel creates on two connections exactly one is ok',
  'a hundred parallel increments on two connections add up to a hundred',
  'no update or touch on one connection brings back what another destroyed',
  'what one connection acknowledged the other sees at once',
  'collectors on two connections delete each expired record once in total, each within its limit',
  'collectGarbage on one connection deletes nothing that a touch on another has just saved',
  'of parallel moves and updates on two connections exactly one is ok',
  'what is acknowledged before bySubject is called is met, across two connections',
  'four processes of 250 increments by compare-and-set each add up to a thousand',
  'of a hundred parallel takes in four processes one gets the flash',
]

describe("lmdbStore({ db }) keeps the laws in somebody's environment of compressed MessagePack", () => {
  storeLaws(
    variantIt(slowIt),
    async () => {
      const path = newFolder()
      const db = open({ path, compression: true })
      const store = lmdbStore({ db, name: 'web' })
      return { store, reopen: async () => lmdbStore({ db, name: 'web' }), dispose: () => db.close() }
    },
    { exempt: [{ reason: 'one environment; two are tested above and in other processes', laws: noSecond }] },
  )
})
