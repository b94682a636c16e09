import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Revision, StoreKey } from '../../src/stores/port.js'
import { onceFree } from '../../src/stores/sqlite/connection.js'
import { sqliteStore } from '../../src/stores/sqlite.js'
import { copyPackageAlone } from '../support/package-alone.js'

const dist = fileURLToPath(new URL('../../dist', import.meta.url))
const child = fileURLToPath(new URL('sqlite-child.mjs', import.meta.url))
const key = (text: string) => text as StoreKey

let folder: string
const running = new Set<ChildProcess>()
beforeAll(async () => {
  assert.ok(existsSync(join(dist, 'stores/sqlite.js')), 'These tests run the built package. First: npm run build')
  folder = await mkdtemp(join(tmpdir(), 'zession-processes-'))
})
afterAll(async () => {
  for (const process of running) process.kill('SIGKILL')
  await rm(folder, { recursive: true })
})

function start(script: string, ...args: string[]) {
  const started = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  running.add(started)
  let [output, errors] = ['', '']
  started.stdout.on('data', (chunk: Buffer) => (output += chunk))
  started.stderr.on('data', (chunk: Buffer) => (errors += chunk))
  const ended = once(started, 'close').then(([code, signal]) => {
    running.delete(started)
    return { code, signal, output, errors }
  })
  return { process: started, ended, output: () => output }
}

it('4 processes of 250 increments each add up to 1000 on one file', { timeout: 120_000 }, async () => {
  const url = `file:${join(folder, 'counter.db')}`
  const store = sqliteStore({ url })
  await store.create(key('counter'), {
    bytes: Buffer.from('0'),
    revision: 'start' as Revision,
    expiresAt: Date.now() + 3_600_000,
  })
  const results = await Promise.all([1, 2, 3, 4].map(() => start(child, 'increment', url, '250').ended))
  for (const { code, errors } of results) expect([code, errors]).toEqual([0, ''])
  expect(Buffer.from((await store.read(key('counter')))?.bytes ?? []).toString()).toBe('1000')
  // Without conflicts the processes never met, and the sum would prove nothing.
  const conflicts = results.map(({ output }) => (JSON.parse(output) as { conflicts: number }).conflicts)
  expect(conflicts.reduce((sum, count) => sum + count)).toBeGreaterThan(0)
  await store.close()
})

it('4 processes that start together create the file, its mode and its table once', { timeout: 120_000 }, async () => {
  for (let round = 0; round < 5; round++) {
    const url = `file:${join(folder, `start${round}.db`)}`
    const results = await Promise.all([1, 2, 3, 4].map(() => start(child, 'open', url).ended))
    for (const { code, errors } of results) expect([code, errors]).toEqual([0, ''])
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
  timeout: 120_000,
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
    const writer = start(child, 'write', url)
    while (writer.output().split('\n').length < 10) await sleep(1)
    await sleep(Math.random() * 20)
    writer.process.kill('SIGKILL')
    const { signal, output, errors } = await writer.ended
    expect([signal, errors]).toEqual(['SIGKILL', ''])
    const acknowledged = output.trim().split('\n').map(Number)
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

/** Answers the number in the record, when all of its bytes are those that belong to this number. */
function assertWhole(bytes: Uint8Array | undefined): number {
  assert.ok(bytes, 'the record is there')
  const found = Buffer.from(bytes)
  const i = found.readUInt32BE(0)
  if (i === 0) return 0
  const expected = Buffer.alloc(4 + ((i * 7919) % 60_000), i % 251)
  expected.writeUInt32BE(i, 0)
  assert.ok(found.equals(expected), `record ${i} is whole`)
  return i
}

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
