import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Revision, StoreKey } from '../../src/stores/port.js'
import { onceFree } from '../../src/stores/sqlite/connection.js'
import { sqliteStore } from '../../src/stores/sqlite.js'
import { expectFourToCount } from '../support/count-together.js'
import { copyPackageAlone } from '../support/package-alone.js'
import { assertWhole, storeProcesses } from '../support/store-process.js'

const key = (text: string) => text as StoreKey

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zession-processes-'))
})
afterAll(() => rm(folder, { recursive: true }))

it('4 processes of 250 increments each add up to 1000 on one file', { timeout: 300_000 }, async () => {
  const url = `file:${join(folder, 'counter.db')}`
  const store = sqliteStore({ url })
  await expectFourToCount(storeProcesses('sqlite', { url }), store)
  await store.close()
})

it('4 processes that start together create the file, its mode and its table once', { timeout: 300_000 }, async () => {
  for (let round = 0; round < 5; round++) {
    const url = `file:${join(folder, `start${round}.db`)}`
    await storeProcesses('sqlite', { url }).fourTimes('open')
  }
})

it('opening is repeated while SQLite refuses to wait, and only then', async () => {
  let [asked, failing] = [0, 2]
  const open = async () => {
    asked++
    if (failing-- > 0) throw Object.assign(new Error('database is locked'), { code: 'SQLITE_BUSY' })
    return 'opened'
  }
  expect(await onceFree(open)).toBe('opened')
  expect(asked).toBe(3)
  const full = Object.assign(new Error('disk full'), { code: 'SQLITE_FULL' })
  await expect(onceFree(() => Promise.reject(full))).rejects.toBe(full)
})

it('kill -9 in the middle of writing tears no record and loses no acknowledged write', {
  timeout: 300_000,
}, async () => {
  const url = `file:${join(folder, 'killed.db')}`
  const first = sqliteStore({ url })
  await first.create(key('record'), {
    bytes: new Uint8Array(4),
    revision: 'start' as Revision,
    expiresAt: Date.now() + 3_600_000,
  })
  await first.close()
  let before = 0
  for (let round = 0; round < 8; round++) {
    const writer = storeProcesses('sqlite', { url }).start('pairs')
    await writer.reported(9)
    await sleep(Math.random() * 20)
    writer.kill()
    const { signal, messages, errors } = await writer.ended
    expect([signal, errors]).toEqual(['SIGKILL', ''])
    const acknowledged = messages as number[]
    const last = acknowledged.at(-1) ?? 0
    expect(acknowledged[0]).toBeGreaterThan(before)

    const store = sqliteStore({ url })
    const counted = assertWhole((await store.read(key('record')))?.bytes)
    expect(counted - last).toBeGreaterThanOrEqual(0)
    expect(counted - last).toBeLessThanOrEqual(1)
    for (const i of acknowledged) expect(assertWhole((await store.read(key(`made:${i}`)))?.bytes)).toBe(i)
    for await (const { record } of store.scan('')) assertWhole(record.bytes)
    await store.close()
    before = last
  }
})

it('without the optional libraries the package imports, and the first call names the command', async () => {
  const alone = join(folder, 'alone')
  await copyPackageAlone(alone)
  const script = (options: string) =>
    `const { sqliteStore } = await import(${JSON.stringify(pathToFileURL(join(alone, 'stores/sqlite.js')).href)})
     sqliteStore(${options}).read('k').catch((error) => console.log(error.code, error.message))`
  const ask = async (options: string) => {
    const asked = spawn(process.execPath, ['--input-type=module', '-e', script(options)], { cwd: alone })
    let output = ''
    for await (const chunk of asked.stdout) output += chunk
    return output
  }
  expect(await ask(`{ url: 'file:a.db' }`)).toMatch(
    /^ERR_SESSION_MISSING_LIBRARY .*npm install drizzle-orm@0 @libsql\/client\n$/,
  )
  expect(
    await ask(
      `{ db: Object.fromEntries('select insert update delete run all get values'.split(' ').map((name) => [name, () => {}])) }`,
    ),
  ).toMatch(/^ERR_SESSION_MISSING_LIBRARY .*npm install drizzle-orm@0\n$/)
})
