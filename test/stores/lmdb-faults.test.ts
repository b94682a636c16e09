import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lmdbStore } from '../../src/stores/lmdb.js'
import type { Revision } from '../../src/stores/port.js'
import { assertClean, canMount, failureOf, key, makesItsFolders, record } from './disk-kit.js'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'zession-faults-'))
})
afterAll(() => rm(root, { recursive: true }))

describe.skipIf(!canMount)('lmdb store on a disk of 1 MiB', () => {
  it('that is full: says so without session data, and keeps what is there', {
    timeout: 300_000,
  }, async () => {
    const disk = join(root, 'disk')
    await mkdir(disk)
    run('mount', '-t', 'tmpfs', '-o', 'size=1m', 'none', disk)
    const store = lmdbStore({ path: join(disk, 'sessions') })
    try {
      await store.create(key('secret-key'), record(Buffer.from('secret-small'), 'secret-revision'))
      const large = record(Buffer.alloc(2 << 20, 'secret-large'), 'secret-next')
      for (const write of [
        () => store.update(key('secret-key'), large, 'secret-revision' as Revision),
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
      expect(await store.update(key('secret-key'), fits, 'secret-revision' as Revision)).toBe('ok')
      expect(await store.create(key('secret-other'), fits)).toBe('ok')
    } finally {
      await store.close?.()
      run('umount', disk)
    }
  })
})

makesItsFolders((path) => lmdbStore({ path }))

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
