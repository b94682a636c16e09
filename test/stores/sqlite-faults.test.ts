import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { createClient } from '@libsql/client'
import { drizzle } from 'drizzle-orm/libsql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Revision, StoredRecord, StoreKey } from '../../src/stores/port.js'
import { type SqliteStore, sqliteStore } from '../../src/stores/sqlite.js'

const [mine, other, third] = ['secret-mine', 'secret-other', 'secret-third'] as [StoreKey, StoreKey, StoreKey]
const [v1, v2, v3] = ['secret-v1', 'secret-v2', 'secret-v3'] as [Revision, Revision, Revision]
const record = (bytes: Uint8Array, revision: Revision): StoredRecord => ({
  bytes,
  revision,
  expiresAt: 9e12,
  subject: 'secret-subject',
})
const small = record(Buffer.from('secret-small'), v1)
const next = record(Buffer.alloc(20_000, 'secret-next'), v2)

/** Every way to write over what `small` left under `mine`. */
const writes: Record<string, (store: SqliteStore) => Promise<unknown>> = {
  create: (store) => store.create(other, next),
  update: (store) => store.update(mine, next, v1),
  touch: (store) => store.touch(mine, 9e12 + 1, v1),
  move: (store) => store.move(mine, third, next, v1),
  destroy: (store) => store.destroy(mine),
  'destroy of a revision': (store) => store.destroy(mine, v1),
}

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'zession-sqlite-faults-'))
})
afterAll(() => rm(root, { recursive: true }))

const canMount = (() => {
  const done = spawnSync('sh', ['-c', 'd=$(mktemp -d) && mount -t tmpfs -o size=64k none $d && umount $d && rmdir $d'])
  if (done.status !== 0) console.warn('No disk is filled or made read-only: this user may not mount one.')
  return done.status === 0
})()

describe.skipIf(!canMount)('sqliteStore on a small disk', () => {
  it('that somebody else fills: no write gets through or harms, and all do once there is space', async () => {
    const disk = await mountedDisk('full', '1m')
    const store = sqliteStore({ url: `file:${join(disk, 'a.db')}` })
    const late = sqliteStore({ url: `file:${join(disk, 'late.db')}` })
    try {
      expect(await store.create(mine, small)).toBe('ok')
      fill(disk)
      for (const [name, write] of Object.entries(writes)) {
        expect([name, await cleanFailureOf(write(store))]).toMatchObject([name, { code: 'SQLITE_FULL' }])
      }
      expect(await cleanFailureOf(late.read(mine))).toMatchObject({ code: 'SQLITE_FULL' })
      await expectSmall(store)

      run('rm', join(disk, 'fill'))
      await expectAllWrites(store)
      expect(await late.create(mine, small)).toBe('ok')
    } finally {
      await store.close()
      await late.close()
      unmount(disk)
    }
  })

  it('that a record does not fit on: the record before it stays, and smaller ones go on', async () => {
    const disk = await mountedDisk('small', '1m')
    const store = sqliteStore({ url: `file:${join(disk, 'a.db')}` })
    const large = record(Buffer.alloc(2 << 20, 'secret-large'), v2)
    try {
      expect(await store.create(mine, small)).toBe('ok')
      for (let i = 0; i < 3; i++) {
        expect(await cleanFailureOf(store.update(mine, large, v1))).toMatchObject({ code: 'SQLITE_FULL' })
        expect(await cleanFailureOf(store.create(other, large))).toMatchObject({ code: 'SQLITE_FULL' })
        await expectSmall(store)
      }
      await expectAllWrites(store)
    } finally {
      await store.close()
      unmount(disk)
    }
  })

  it('that is read-only: says so, and works once it can be written', async () => {
    const disk = await mountedDisk('readonly', '1m')
    const view = join(root, 'readonly-view')
    await mkdir(view)
    run('mount', '--bind', disk, view)
    run('mount', '-o', 'remount,bind,ro', view)
    const [writer, store] = [join(disk, 'a.db'), join(view, 'a.db')].map((path) => sqliteStore({ url: `file:${path}` }))
    assert.ok(writer && store)
    try {
      await writer.create(mine, small)
      await writer.close()
      for (const call of [...Object.values(writes), (opened: SqliteStore) => opened.read(mine)]) {
        const error = await cleanFailureOf(call(store))
        expect(error).toMatchObject({ code: 'ERR_SESSION_STORE', message: expect.stringMatching(/EROFS.*may write/) })
      }
      run('mount', '-o', 'remount,bind,rw', view)
      await expectSmall(store)
      await expectAllWrites(store)
    } finally {
      await store.close()
      unmount(view)
      unmount(disk)
    }
  })

  it('a database of yours that is read-only still answers reads', async () => {
    const disk = await mountedDisk('yours', '1m')
    const view = join(root, 'yours-view')
    await mkdir(view)
    run('mount', '--bind', disk, view)
    run('mount', '-o', 'remount,bind,ro', view)
    const [writable, readonly] = [disk, view].map((folder) => createClient({ url: `file:${join(folder, 'a.db')}` }))
    assert.ok(writable && readonly)
    try {
      await sqliteStore({ db: drizzle(writable), initTable: true }).create(mine, small)
      writable.close()
      const store = sqliteStore({ db: drizzle(readonly) })
      for (const [name, write] of Object.entries(writes)) {
        expect([name, await cleanFailureOf(write(store))]).toMatchObject([
          name,
          { code: expect.stringMatching(/^SQLITE_READONLY/) },
        ])
      }
      await expectSmall(store)
    } finally {
      readonly.close()
      unmount(view)
      unmount(disk)
    }
  })
})

describe('sqliteStore beside a writer that does not let go', () => {
  it('fails in the end, says why, reads meanwhile, and works afterwards', { timeout: 300_000 }, async () => {
    const url = `file:${join(root, 'locked.db')}`
    const store = sqliteStore({ url })
    await store.create(mine, small)
    const holder = createClient({ url })
    const held = await holder.transaction('write')
    try {
      const error = await cleanFailureOf(store.update(mine, next, v1))
      expect(error).toMatchObject({ code: 'SQLITE_BUSY', message: expect.stringContaining('locked') })
      await expectSmall(store)
      // One that opens the file now reads too.
      const late = sqliteStore({ url })
      await expectSmall(late)
      await late.close()
    } finally {
      await held.rollback()
      holder.close()
    }
    await expectAllWrites(store)
    await store.close()
  })
})

async function expectSmall(store: SqliteStore) {
  const found = await store.read(mine)
  expect({ ...found, bytes: Buffer.from(found?.bytes ?? []).toString() }).toEqual({ ...small, bytes: 'secret-small' })
  expect(await store.read(other)).toBeUndefined()
  expect(await store.read(third)).toBeUndefined()
}

async function expectAllWrites(store: SqliteStore) {
  expect(await store.update(mine, next, v1)).toBe('ok')
  expect(await store.touch(mine, 9e12 + 1, v2)).toBe('ok')
  expect(await store.create(other, next)).toBe('ok')
  expect(await store.move(mine, third, { ...next, revision: v3 }, v2)).toBe('ok')
  expect(Buffer.from((await store.read(third))?.bytes ?? []).equals(next.bytes)).toBe(true)
  expect(await store.destroy(third, v3)).toBe('ok')
  expect(await store.read(third)).toBeUndefined()
}

async function mountedDisk(name: string, size: string): Promise<string> {
  const disk = join(root, name)
  await mkdir(disk)
  run('mount', '-t', 'tmpfs', '-o', `size=${size}`, 'none', disk)
  return disk
}

/** Lazily: libsql lets go of the files of a closed client only when its statements are collected as garbage. */
function unmount(disk: string) {
  run('umount', '--lazy', disk)
}

function fill(disk: string) {
  const { status, stderr } = spawnSync('sh', ['-c', `cat /dev/zero > ${disk}/fill`], { encoding: 'utf8' })
  expect([status, stderr]).toEqual([1, expect.stringContaining('No space left')])
}

function run(command: string, ...args: string[]) {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  expect([status, stderr]).toEqual([0, ''])
}

/** The error of a call that fails, with nothing of a session in it. */
async function cleanFailureOf(call: Promise<unknown>): Promise<unknown> {
  const error: unknown = await call.then(
    () => expect.fail('The call did not fail'),
    (thrown: unknown) => thrown,
  )
  expect(inspect(error, { depth: 8, showHidden: true })).not.toMatch(/secret|<Buffer|Uint8Array/)
  return error
}
