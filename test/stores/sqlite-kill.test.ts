import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from '@libsql/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StoredRecord, StoreKey } from '../../src/stores/port.js'
import { sqliteStore } from '../../src/stores/sqlite.js'
import { storeProcesses } from '../support/store-process.js'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'zession-sqlite-kill-'))
})
afterAll(() => rm(root, { recursive: true }))

describe('sqliteStore and kill -9', () => {
  const rounds = 8

  it(`of ${rounds} writers in turn loses no acknowledged write, tears no record, and holds nobody up`, {
    timeout: 300_000,
  }, async () => {
    const url = `file:${join(root, 'killed.db')}`
    const first = sqliteStore({ url })
    await first.read('mine' as StoreKey)
    const survivor = startWriter(url, 'survivor')
    const killed: Acknowledged = []
    const counts = { acknowledged: 0, unacknowledged: 0, lost: 0, torn: 0, destroyed: 0, moved: 0 }
    for (let round = 0; round < rounds; round++) {
      const writer = startWriter(url, `w${round}`)
      while (writer.acknowledged().length < 20) await sleep(1)
      await sleep(Math.random() * 20)
      const survived = survivor.acknowledged().length
      killed.push(...(await writer.kill()))
      // It may have died as the one writer. The other goes on.
      while (survivor.acknowledged().length < survived + 5) await sleep(1)
    }
    const all = [...killed, ...(await survivor.kill())]

    const stored = new Map<string, StoredRecord>()
    for await (const { key, record: found } of first.scan('')) stored.set(key, found)
    await first.close()
    for (const found of stored.values()) if (!isWhole(found.bytes)) counts.torn++
    const expected = expectedOf(all)
    for (const [key, check] of expected.certain) if (!check(stored.get(key))) counts.lost++
    for (const { what } of all) {
      counts.acknowledged++
      if (what === 'destroy') counts.destroyed++
      if (what === 'move') counts.moved++
    }
    for (const key of stored.keys()) if (!expected.known.has(key)) counts.unacknowledged++

    console.log(`kill -9 of ${rounds + 1} writers:`, counts)
    expect(counts).toMatchObject({ lost: 0, torn: 0 })
    // Of each writer one write may have been stored whose answer nobody saw.
    expect(counts.unacknowledged).toBeLessThanOrEqual(rounds + 1)
    expect(counts.acknowledged).toBeGreaterThanOrEqual(rounds * 20)
    expect(counts.destroyed).toBeGreaterThan(rounds)
    expect(counts.moved).toBeGreaterThan(rounds)
    const client = createClient({ url })
    expect((await client.execute('pragma integrity_check')).rows[0]?.[0]).toBe('ok')
    client.close()
  })
})

type Acknowledged = { readonly name: string; readonly what: string; readonly i: number }[]

/** A process that writes until it is killed. */
function startWriter(url: string, name: string) {
  const writer = storeProcesses('sqlite', { url }).start('live', name)
  const acknowledged = (): Acknowledged =>
    (writer.messages as [string, number][]).map(([what, i]) => ({ name, what, i }))
  return {
    acknowledged,
    async kill() {
      writer.kill()
      expect(await writer.ended).toMatchObject({ code: null, signal: 'SIGKILL', errors: '' })
      return acknowledged()
    },
  }
}

type Check = (found: StoredRecord | undefined) => boolean

/** What must be stored, going by what was acknowledged. The last write of each writer may be one further. */
function expectedOf(all: Acknowledged) {
  const certain = new Map<string, Check>()
  const known = new Set<string>()
  const has =
    (i: number): Check =>
    (found) =>
      found !== undefined && numberOf(found.bytes) === i
  const gone: Check = (found) => found === undefined
  for (const { name, what, i } of all) {
    const [made, moved] = [`${name}:made:${i}`, `${name}:moved:${i}`]
    known.add(`${name}:record`)
    if (what === 'start' || what === 'update')
      certain.set(`${name}:record`, (found) => has(i)(found) || has(i + 1)(found))
    if (what === 'create' || what === 'touch') {
      known.add(made)
      // Whether the move or the destroy that follows was stored, nobody knows.
      if (i % 3 === 0)
        certain.set(made, (found) => has(i)(found) && (what === 'create' || found?.expiresAt === 9e12 + i))
    }
    if (what === 'move') {
      known.add(moved)
      certain.set(made, gone).set(moved, has(i))
    }
    if (what === 'destroy') certain.set(made, gone)
  }
  return { certain, known }
}

const numberOf = (bytes: Uint8Array) => Buffer.from(bytes).readUInt32BE(0)

function isWhole(bytes: Uint8Array): boolean {
  const i = numberOf(bytes)
  const whole = Buffer.alloc(4 + ((i * 7919) % 20_000), i % 251)
  whole.writeUInt32BE(i, 0)
  return whole.equals(bytes)
}
