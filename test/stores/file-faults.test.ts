import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fileStore } from '../../src/stores/file.js'
import type { Revision } from '../../src/stores/port.js'
import { assertClean, canMount, failureOf, key, makesItsFolders, record } from './disk-kit.js'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'zession-faults-'))
})
afterAll(() => rm(root, { recursive: true }))

describe.skipIf(!canMount)('file store on a disk of 1 MiB', () => {
  it('that is full, then read-only: says so without session data, and keeps what is there', {
    timeout: 300_000,
  }, async () => {
    const disk = join(root, 'disk')
    await mkdir(disk)
    run('mount', '-t', 'tmpfs', '-o', 'size=1m', 'none', disk)
    const store = fileStore({ folder: join(disk, 'sessions') })
    try {
      await store.create(key('secret-key'), record(Buffer.from('secret-small'), 'secret-revision'))
      const large = record(Buffer.alloc(2 << 20, 'secret-large'), 'secret-next')
      for (const write of [
        () => store.update(key('secret-key'), large, 'secret-revision' as Revision),
        () => store.create(key('secret-other'), large),
      ]) {
        const error = await failureOf(write())
        assertClean(error)
        expect(error).toMatchObject({ code: 'ERR_SESSION_STORE', message: expect.stringContaining('ENOSPC') })
      }
      const kept = await store.read(key('secret-key'))
      expect(Buffer.from(kept?.bytes ?? []).toString()).toBe('secret-small')
      expect(await store.read(key('secret-other'))).toBeUndefined()
      // What the failed writes took is free again.
      const fits = record(Buffer.alloc(1000), 'v2')
      expect(await store.update(key('secret-key'), fits, 'secret-revision' as Revision)).toBe('ok')
      expect(await store.create(key('secret-other'), fits)).toBe('ok')

      run('mount', '-o', 'remount,ro', disk)
      for (const write of [
        () => store.update(key('secret-key'), fits, 'v2' as Revision),
        () => store.create(key('secret-third'), fits),
        () => store.touch(key('secret-key'), 9e12 + 1, 'v2' as Revision),
        () => store.destroy(key('secret-key')),
      ]) {
        const error = await failureOf(write())
        assertClean(error)
        expect(error).toMatchObject({ code: 'ERR_SESSION_STORE', message: expect.stringContaining('EROFS') })
      }
      expect((await store.read(key('secret-key')))?.revision).toBe('v2')
    } finally {
      await store.close?.()
      run('umount', disk)
    }
  })
})

makesItsFolders((folder) => fileStore({ folder }))

it('nobody else may read what is stored', async () => {
  const folder = join(root, 'modes')
  const store = fileStore({ folder })
  await store.create(key('a'), record(Buffer.from('x'), 'v'))
  const names = (await readdir(folder, { recursive: true })).map((name) => join(folder, name))
  expect(names.length).toBeGreaterThan(1)
  for (const name of [folder, ...names]) {
    const found = await stat(name)
    expect([name, found.mode & 0o777]).toEqual([name, found.isDirectory() ? 0o700 : 0o600])
  }
  await store.close?.()
})

describe('D9: the file store collects its own files only', () => {
  it('deletes no file of somebody else, and is hindered by none', async () => {
    const folder = join(root, 'foreign')
    const store = fileStore({ folder })
    await store.create(key('a'), { ...record(Buffer.from('x'), 'v'), expiresAt: 1 })
    const names = ['.', 'records', 'records/ab', 'subjects', 'tmp'].map((place) => join(folder, place, 'mine.txt'))
    await mkdir(join(folder, 'records/ab'), { recursive: true })
    for (const name of names) await writeFile(name, 'mine')
    expect(await store.collectGarbage(9e12, 100)).toBe(1)
    expect(await store.collectGarbage(9e12, 100)).toBe(0)
    for (const name of names) expect((await stat(name)).size).toBe(4)
    // Of the record nothing is left.
    const left = await readdir(folder, { recursive: true })
    expect(left.filter((name) => /[0-9a-f]{16}/.test(name) && !/^subjects\/..$/.test(name))).toEqual([])
  })

  it('collects before there is a folder', async () => {
    expect(await fileStore({ folder: join(root, 'never') }).collectGarbage(9e12, 100)).toBe(0)
  })

  it('takes the index entry of a slow writer from nobody, and that of a dead one away', async () => {
    const folder = join(root, 'slow')
    const hash = (text: string) => createHash('sha256').update(text).digest('hex')
    const nonce = 'ab'.repeat(8)
    const draft = join(folder, 'tmp', nonce)
    const entries = join(folder, 'subjects', hash('ann').slice(0, 2), hash('ann').slice(0, 32))
    await mkdir(draft, { recursive: true })
    await mkdir(entries, { recursive: true })
    await writeFile(join(entries, `${hash('key')}.${nonce}`), '')
    const store = fileStore({ folder })
    const met = async () => {
      for await (const _ of store.bySubject('ann')) return true
      return false
    }
    const { mtimeMs } = await stat(draft)
    // The record is not there yet, but its draft is.
    expect(await met()).toBe(false)
    expect(await store.collectGarbage(mtimeMs + 60_000, 100)).toBe(0)
    expect(await readdir(entries)).toEqual([`${hash('key')}.${nonce}`])
    // An hour later nobody works on it any more.
    expect(await store.collectGarbage(mtimeMs + 3_600_000, 100)).toBe(0)
    expect(await readdir(join(folder, 'tmp'))).toEqual([])
    expect(await met()).toBe(false)
    await expect(stat(entries)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('tells a damaged file from an absent one', async () => {
    const folder = join(root, 'damaged')
    const store = fileStore({ folder })
    await store.create(key('secret-key'), record(Buffer.from('secret-bytes'), 'v'))
    const data = (await readdir(folder, { recursive: true })).find((name) => /d\.[0-9a-f]{16}/.test(name)) ?? ''
    const bytes = await readFile(join(folder, data))
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
    await writeFile(join(folder, data), bytes)
    const error = await failureOf(store.read(key('secret-key')))
    assertClean(error)
    expect(error).toMatchObject({ code: 'ERR_SESSION_STORE' })
    await rm(join(folder, data))
    expect(await failureOf(store.read(key('secret-key')))).toMatchObject({ code: 'ERR_SESSION_STORE' })
    expect(await store.destroy(key('secret-key'))).toBe('ok')
    expect(await store.read(key('secret-key'))).toBeUndefined()
  })
})

function run(command: string, ...args: string[]) {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  expect([status, stderr]).toEqual([0, ''])
}
