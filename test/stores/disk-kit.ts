import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import type { Revision, SessionStore, StoredRecord, StoreKey } from '../../src/stores/port.js'

export const key = (text: string) => text as StoreKey
export const record = (bytes: Uint8Array, revision: string): StoredRecord => ({
  bytes,
  revision: revision as Revision,
  expiresAt: 9e12,
  subject: 'secret-subject',
})

/** Whether this user may mount a disk, to fill it or to make it read-only. */
export const canMount = (() => {
  const done = spawnSync('sh', ['-c', 'd=$(mktemp -d) && mount -t tmpfs -o size=64k none $d && umount $d && rmdir $d'])
  if (done.status !== 0) console.warn('No disk is filled or made read-only: this user may not mount one.')
  return done.status === 0
})()

export async function failureOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => expect.fail('The call did not fail'),
    (error: unknown) => error,
  )
}

/** Nothing of the session in it, down to the last property. */
export function assertClean(error: unknown) {
  const text = inspect(error, { depth: 8, showHidden: true })
  expect(text).not.toMatch(/secret|[0-9a-f]{32}|<Buffer|Uint8Array/)
}

/** What every store in a folder does on its first write. */
export function makesItsFolders(storeIn: (folder: string) => SessionStore): void {
  it('a folder is made with all folders above it, and only this user may look into them', async () => {
    const root = await mkdtemp(join(tmpdir(), 'zession-folders-'))
    const folder = join(root, 'new', 'data', 'sessions')
    const store = storeIn(folder)
    expect(await store.create(key('a'), record(Buffer.from('x'), 'v'))).toBe('ok')
    for (const made of [folder, join(folder, '..'), join(folder, '../..')]) {
      expect((await stat(made)).mode & 0o777).toBe(0o700)
    }
    await store.close?.()
    await rm(root, { recursive: true })
  })

  it('a folder that cannot be made is said clearly, with its path and the code', async () => {
    const root = await mkdtemp(join(tmpdir(), 'zession-folders-'))
    const folder = join(root, 'a-file', 'sessions')
    await writeFile(join(root, 'a-file'), '')
    const error = await failureOf(storeIn(folder).create(key('secret-key'), record(Buffer.from('x'), 'v')))
    assertClean(error)
    expect(error).toMatchObject({ code: 'ERR_SESSION_STORE', message: expect.stringMatching(/ENOTDIR/) })
    expect(`${error}`).toContain(folder)
    await rm(root, { recursive: true })
  })
}
