import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lmdbStore } from '../../src/stores/lmdb.js'
import type { StoredRecord, StoreKey, Version } from '../../src/stores/port.js'

const key = (text: string) => text as StoreKey
const record = (bytes: Uint8Array, version: string): StoredRecord => ({
  bytes,
  version: version as Version,
  expiresAt: 9e12,
  subject: 'secret-subject',
})

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'zession-faults-'))
})
afterAll(() => rm(root, { recursive: true }))

const canMount = (() => {
  const done = spawnSync('sh', ['-c', 'd=$(mktemp -d) && mount -t tmpfs -o size=64k none $d && umount $d && rmdir $d'])
  if (done.status !== 0) console.warn('No disk is filled or made read-only: this user may not mount one.')
  return done.status === 0
})()

describe.skipIf(!canMount)('lmdb store on a disk of 1 MiB', () => {
  it('that is full: says so without session data, and keeps what is there', {
    timeout: 60_000,
  }, async () => {
    const disk = join(root, 'disk')
    await mkdir(disk)
    run('mount', '-t', 'tmpfs', '-o', 'size=1m', 'none', disk)
    const store = lmdbStore({ path: join(disk, 'sessions') })
    try {
      await store.create(key('secret-key'), record(Buffer.from('secret-small'), 'secret-version'))
      const large = record(Buffer.alloc(2 << 20, 'secret-large'), 'secret-next')
      for (const write of [
        () => store.update(key('secret-key'), large, 'secret-version' as Version),
        () => store.create(key('secret-other'), large),
      ]) {
        const error = await failureOf(write())
        assertClean(error)
        expect(error).toMatchObject({ code: 'ERR_SESSION_STORE', message: expect.stringContaining('disk is full') })
      }
      const kept = await store.read(key('secret-key'))
      expect(Buffer.from(kept?.bytes ?? []).toString()).toBe('secret-small')
      expect(await store.read(key('secret-other'))).toBeUndefined()
      // What the failed writes took is free again.
      const fits = record(Buffer.alloc(1000), 'v2')
      expect(await store.update(key('secret-key'), fits, 'secret-version' as Version)).toBe('ok')
      expect(await store.create(key('secret-other'), fits)).toBe('ok')
    } finally {
      await store.close?.()
      run('umount', disk)
    }
  })
})

it('a folder is made with all folders above it, and only this user may look into them', async () => {
  const folder = join(root, 'new', 'data', 'sessions')
  const store = lmdbStore({ path: folder })
  expect(await store.create(key('a'), record(Buffer.from('x'), 'v'))).toBe('ok')
  for (const made of [folder, join(folder, '..'), join(folder, '../..')]) {
    expect((await stat(made)).mode & 0o777).toBe(0o700)
  }
  await store.close?.()
})

it('a folder that cannot be made is said clearly, with its path and the code', async () => {
  const folder = join(root, 'a-file', 'sessions')
  await writeFile(join(root, 'a-file'), '')
  const error = await failureOf(lmdbStore({ path: folder }).create(key('secret-key'), record(Buffer.from('x'), 'v')))
  assertClean(error)
  expect(error).toMatchObject({ code: 'ERR_SESSION_STORE', message: expect.stringMatching(/ENOTDIR/) })
  expect(`${error}`).toContain(folder)
})

it('nobody else may read what is stored', async () => {
  const path = join(root, 'modes')
  const store = lmdbStore({ path })
  await store.create(key('a'), record(Buffer.from('x'), 'v'))
  const names = (await readdir(path, { recursive: true })).map((name) => join(path, name))
  expect(names.length).toBeGreaterThan(1)
  for (const name of [path, ...names]) {
    const found = await stat(name)
    expect([name, found.mode & 0o777]).toEqual([name, found.isDirectory() ? 0o700 : 0o600])
  }
  await store.close?.()
})

function run(command: string, ...args: string[]) {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  expect([status, stderr]).toEqual([0, ''])
}

async function failureOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => expect.fail('The call did not fail'),
    (error: unknown) => error,
  )
}

function assertClean(error: unknown) {
  const text = inspect(error, { depth: 8, showHidden: true })
  expect(text).not.toMatch(/secret|[0-9a-f]{32}|<Buffer|Uint8Array/)
}
