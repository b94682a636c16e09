import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { createStorage, type Driver } from 'unstorage'
import fsLiteDriver from 'unstorage/drivers/fs-lite'
import memoryDriver from 'unstorage/drivers/memory'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Revision, StoredRecord, StoreKey } from '../../src/stores/port.js'
import { unstorageStore } from '../../src/stores/unstorage.js'

const key = (text: string) => text as StoreKey
const record = (text: string): StoredRecord => ({
  bytes: new TextEncoder().encode(text),
  revision: `revision-${text}` as Revision,
  expiresAt: 9e12,
})

let folder: string
let folders = 0
const newFolder = () => join(folder, `${folders++}`)
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zession-unstorage-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('unstorageStore and drivers that fail', () => {
  it('takes half a write for damaged bytes, which destroy removes', async () => {
    const base = newFolder()
    const store = unstorageStore({ storage: createStorage({ driver: fsLiteDriver({ base }) }) })
    await store.create(key('a'), record('one'))
    await store.create(key('b'), record('two'))
    const [name] = await filesWith(base, '"k":"a"')
    const path = join(base, 'sessions', name ?? '')
    const whole = await readFile(path)
    for (const length of [0, 1, 10, whole.length - 1]) {
      await writeFile(path, whole.subarray(0, length))
      expect(await store.read(key('a'))).toMatchObject({ bytes: new Uint8Array() })
      expect(await store.create(key('a'), record('new'))).toBe('exists')
      expect(await store.update(key('a'), record('new'), 'revision-one' as Revision)).toBe('conflict')
      const seen: string[] = []
      for await (const { key: each } of store.scan('')) seen.push(each)
      expect(seen).toEqual(['b'])
      expect(await store.collectGarbage(8e12, 10)).toBe(0)
    }
    expect(await store.destroy(key('a'))).toBe('ok')
    expect(await store.read(key('a'))).toBeUndefined()
  })

  it('takes a record that lies in the place of another, and what is none, for damaged', async () => {
    const storage = createStorage()
    const store = unstorageStore({ storage })
    await store.create(key('a'), record('one'))
    const [placeOfA] = await storage.getKeys()
    await store.create(key('b'), record('two'))
    const [placeOfB] = (await storage.getKeys()).filter((place) => place !== placeOfA)
    await storage.setItem(placeOfA ?? '', (await storage.getItem(placeOfB ?? '')) ?? '')
    expect(await store.read(key('a'))).toMatchObject({ bytes: new Uint8Array() })
    for (const value of [{ k: 'a' }, [1], 5, true, { k: 'a', v: 'v', d: 'eA==', e: '5' }]) {
      await storage.setItem(placeOfA ?? '', value)
      expect(await store.read(key('a'))).toMatchObject({ bytes: new Uint8Array() })
    }
  })

  it('fails where a driver answers an error in place of throwing it', async () => {
    const base = newFolder()
    const store = unstorageStore({ storage: createStorage({ driver: fsLiteDriver({ base }) }) })
    await store.create(key('visitor'), record('one'))
    // A file where the folder was: reading gives ENOTDIR, as root too.
    await rm(join(base, 'sessions'), { recursive: true })
    await writeFile(join(base, 'sessions'), '')
    await expect(store.read(key('visitor'))).rejects.toMatchObject({ code: 'ENOTDIR' })
  })

  it('fails when a driver swallows a removal', async () => {
    const readOnly = { ...memoryDriver(), removeItem: undefined } as unknown as Driver
    const store = unstorageStore({ storage: createStorage({ driver: readOnly }) })
    await store.create(key('a'), record('one'))
    await expect(store.destroy(key('a'))).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
    const trusting = unstorageStore({ storage: createStorage({ driver: readOnly }), checkWrites: false })
    expect(await trusting.destroy(key('a'))).toBe('ok')
  })

  it('lets no parameter out in an error, and goes on after it', async () => {
    const secret = record('secret-bytes')
    const quoting = (...args: unknown[]) => new Error(`refused ${inspect(args)}`)
    const holding = (...args: unknown[]) =>
      Object.assign(new Error('refused'), { request: { body: args }, cause: args })
    for (const [fail, message] of [
      [quoting, 'withheld'],
      [holding, 'refused'],
    ] as const) {
      let failures = 1
      const plain = memoryDriver()
      const setItem = (place: string, value: string) => {
        if (failures-- > 0) throw Object.assign(fail(place, value), { code: 'E_DRIVER' })
        return plain.setItem?.(place, value, {})
      }
      const store = unstorageStore({ storage: createStorage({ driver: { ...plain, setItem } }) })
      const [error, next] = await Promise.all([
        store.create(key('secret-key'), secret).catch((thrown: unknown) => thrown),
        store.create(key('secret-key'), secret),
      ])
      expect(next).toBe('ok')
      expect(error).toMatchObject({ message: expect.stringContaining(message) })
      const text = inspect(error, { depth: 8, showHidden: true })
      expect(text).toContain('E_DRIVER')
      for (const word of ['secret-key', 'secret-bytes']) {
        expect(text).not.toContain(word)
        expect(text).not.toContain(Buffer.from(word).toString('base64'))
      }
    }
  })
})

async function filesWith(base: string, text: string): Promise<string[]> {
  const names = await readdir(join(base, 'sessions'))
  const contents = await Promise.all(names.map((name) => readFile(join(base, 'sessions', name), 'utf8')))
  return names.filter((_, i) => contents[i]?.includes(text))
}
