import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { fileStore } from '../../src/stores/file.js'
import type { Revision, StoredRecord, StoreKey } from '../../src/stores/port.js'

const built = fileURLToPath(new URL('../../dist/stores/file.js', import.meta.url))
const child = fileURLToPath(new URL('file-child.mjs', import.meta.url))
const key = (text: string) => text as StoreKey
const future = Date.now() + 3 * 24 * 3_600_000
const record = (bytes: Uint8Array, more: Partial<StoredRecord> = {}): StoredRecord => ({
  bytes,
  revision: 'start' as Revision,
  expiresAt: future,
  ...more,
})

let root: string
const running = new Set<ChildProcess>()
beforeAll(async () => {
  assert.ok(existsSync(built), 'These tests run the built package. First: npm run build')
  root = await mkdtemp(join(tmpdir(), 'zession-processes-'))
})
afterAll(async () => {
  for (const process of running) process.kill('SIGKILL')
  await rm(root, { recursive: true })
})

function start(...args: string[]) {
  const started = spawn(process.execPath, [child, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
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

/** What four processes print that do the same job at the same time. */
async function fourTimes<T>(job: string, place: string, count: number): Promise<T[]> {
  const results = await Promise.all([1, 2, 3, 4].map(() => start(job, place, String(count)).ended))
  for (const { code, errors } of results) expect([code, errors]).toEqual([0, ''])
  return results.map(({ output }) => JSON.parse(output) as T)
}

const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0)

it('4 processes of 250 increments each add up to 1000', { timeout: 120_000 }, async () => {
  const folder = join(root, 'counter')
  const store = fileStore({ folder })
  await store.create(key('counter'), record(Buffer.from('0')))
  const results = await fourTimes<{ conflicts: number }>('increment', folder, 250)
  expect(Buffer.from((await store.read(key('counter')))?.bytes ?? []).toString()).toBe('1000')
  // Without conflicts the processes never met, and the sum would prove nothing.
  expect(sum(results.map(({ conflicts }) => conflicts))).toBeGreaterThan(0)
  await store.close?.()
})

it('of 100 takes in 4 processes one wins', { timeout: 120_000 }, async () => {
  const folder = join(root, 'take')
  const store = fileStore({ folder })
  await store.read(key('flash'))
  const taking = fourTimes<{ winners: number }>('take', folder, 25)
  await sleep(500)
  await store.create(key('flash'), record(Buffer.from('once'), { revision: 'untaken' as Revision }))
  expect(sum((await taking).map(({ winners }) => winners))).toBe(1)
  await store.close?.()
})

it('4 collectors at once delete each expired record once, and no other', { timeout: 120_000 }, async () => {
  const folder = join(root, 'collect')
  const store = fileStore({ folder })
  for (let i = 0; i < 400; i++) {
    await store.create(
      key(`${i}`),
      record(Buffer.from('x'), { expiresAt: i % 4 ? future : future + 1, subject: 'ann' }),
    )
  }
  const results = await fourTimes<{ deleted: number }>('collect', folder, future)
  expect(sum(results.map(({ deleted }) => deleted))).toBe(300)
  const left: string[] = []
  for await (const found of store.bySubject('ann')) left.push(found.key)
  expect(left.toSorted()).toEqual([...Array(100).keys()].map((i) => `${i * 4}`).toSorted())
  await store.close?.()
})

const kills = 40

it(`kill -9 at ${kills} random moments tears, loses and locks nothing`, { timeout: 300_000 }, async () => {
  const folder = join(root, 'killed')
  const store = fileStore({ folder })
  await store.create(key('record'), record(Buffer.alloc(4), { subject: 'subject-0' }))
  let [last, rounds] = [0, 0]
  for (let kill = 0; kill < kills; kill++) {
    const writer = start('write', folder, String(last))
    while (!writer.output()) await sleep(1)
    await sleep(Math.random() * 30)
    writer.process.kill('SIGKILL')
    const { signal, output, errors } = await writer.ended
    expect([signal, errors]).toEqual(['SIGKILL', ''])
    const acknowledged = output.trim().split('\n').map(Number)
    rounds += acknowledged.length
    const end = acknowledged.at(-1) ?? 0

    const stored = await store.read(key('record'))
    const counted = assertWhole(stored?.bytes)
    expect([end, end + 1]).toContain(counted)
    for (const i of acknowledged) {
      const made = await store.read(key(`made:${i}`))
      if (i % 2) expect(made).toBeUndefined()
      else expect(assertWhole(made?.bytes)).toBe(i)
    }
    const met: string[] = []
    for await (const found of store.bySubject(`subject-${counted % 3}`)) met.push(found.key)
    expect(met).toContain('record')
    // Nothing is locked: what the dead process was about to do, another does.
    const revision = `mine-${kill}` as Revision
    expect(
      await store.update(
        key('record'),
        record(stored?.bytes ?? Buffer.alloc(0), { revision, subject: `subject-${counted % 3}` }),
        stored?.revision as Revision,
      ),
    ).toBe('ok')
    await store.destroy(key(`made:${end + 1}`))
    expect(await store.create(key(`made:${end + 1}`), record(Buffer.alloc(4)))).toBe('ok')
    expect(await store.destroy(key(`made:${end + 1}`))).toBe('ok')
    last = counted
  }
  let records = 0
  for await (const {
    record: { bytes },
  } of store.scan('')) {
    assertWhole(bytes)
    records++
  }
  expect(await store.collectGarbage(future + 1, 1e6)).toBe(records)
  for await (const _ of store.scan('')) assert.fail('all were collected')
  expect(rounds).toBeGreaterThan(kills)
  await store.close?.()
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
