import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open as openEnvironment } from 'lmdb'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type LmdbStore, lmdbStore } from '../../src/stores/lmdb.js'
import type { Revision, StoredRecord, StoreKey } from '../../src/stores/port.js'

const key = (text: string) => text as StoreKey
const revision = (text: string) => text as Revision
const expiresAt = Date.now() + 3_600_000
const record = (text: string): StoredRecord => ({ bytes: Buffer.from(text), revision: revision(text), expiresAt })
const textOf = (found: StoredRecord | undefined) => found && Buffer.from(found.bytes).toString()

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zession-openers-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** What a process does to the others that opens the environment: it writes the number of a commit that it read earlier. */
function openerOf(path: string) {
  const file = openSync(path, 'r+')
  const number = Buffer.alloc(8)
  return {
    hides(commits: number) {
      readSync(file, number, 0, 8, 8)
      number.writeBigUInt64LE(number.readBigUInt64LE() - BigInt(commits))
      writeSync(file, number, 0, 8, 8)
    },
    // Once the environment is closed, as this would drop its locks.
    close: () => closeSync(file),
  }
}

async function hiddenCommitsAreKept(store: LmdbStore, lockFile: string) {
  await store.create(key('cart'), record('v1'))
  const opener = openerOf(lockFile)
  for (const commits of [1, 2, 3]) {
    const before = revision(`v${commits}`)
    await store.create(key(`${commits}`), record('other'))
    expect(await store.update(key('cart'), record(`v${commits + 1}`), before)).toBe('ok')
    opener.hides(commits)
    expect(textOf(await store.read(key('cart')))).toBe(`v${commits + 1}`)
    opener.hides(commits)
    expect(await store.update(key('cart'), record('lost update'), before)).toBe('conflict')
    opener.hides(commits)
    expect(await store.create(key(`${commits}`), record('again'))).toBe('exists')
  }
  await store.destroy(key('cart'))
  opener.hides(1)
  expect(await store.read(key('cart'))).toBeUndefined()
  opener.hides(1)
  expect(await store.update(key('cart'), record('back again'), revision('v4'))).toBe('gone')
  opener.hides(1)
  const keys: string[] = []
  for await (const found of store.scan('')) keys.push(found.key)
  expect(keys.sort()).toEqual(['1', '2', '3'])
  return opener
}

it('a commit that another process hides while it opens the folder is read, built upon and not overwritten', async () => {
  const store = lmdbStore({ path: folder })
  const opener = await hiddenCommitsAreKept(store, join(folder, 'lock.mdb'))
  await store.close()
  opener.close()
})

it('so it is in an environment of the app, in a folder or in files', async () => {
  for (const path of [join(folder, 'environment'), join(folder, 'app.mdb')]) {
    const db = openEnvironment({ path, eventTurnBatching: false })
    const lockFile = path.endsWith('.mdb') ? `${path}-lock` : join(path, 'lock.mdb')
    const store = lmdbStore({ db })
    const opener = await hiddenCommitsAreKept(store, lockFile)
    await store.close()
    await db.close()
    opener.close()
  }
})
