import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type {
  Collectable,
  Revision,
  Scannable,
  SessionStore,
  StoredRecord,
  StoreKey,
  SubjectIndex,
} from '../../src/stores/port.js'
import { expectFourToCount } from '../support/count-together.js'
import { assertWhole, storeProcesses, sum } from '../support/store-process.js'

const key = (text: string) => text as StoreKey
const future = Date.now() + 3 * 24 * 3_600_000
const record = (bytes: Uint8Array, more: Partial<StoredRecord> = {}): StoredRecord => ({
  bytes,
  revision: 'start' as Revision,
  expiresAt: future,
  ...more,
})

type DiskStore = SessionStore & Collectable & Scannable & SubjectIndex

interface OnDisk {
  /** The name of its module in `zession/stores/`. */
  readonly kind: string
  readonly options: (path: string) => object
  readonly open: (path: string) => DiskStore
  /** How often a writer is killed. */
  readonly kills: number
  /** What brings to light what a killed process left half done. */
  readonly afterKill?: (store: DiskStore) => Promise<unknown>
}

/** What several processes do with one place on a disk, and what kill -9 leaves of it. */
export function processesOnDisk({ kind, options, open, kills, afterKill = async () => {} }: OnDisk): void {
  const processes = (path: string) => storeProcesses(kind, options(path))
  let root: string
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'zession-processes-'))
  })
  afterAll(() => rm(root, { recursive: true }))

  it('4 processes of 250 increments each add up to 1000', { timeout: 300_000 }, async () => {
    const path = join(root, 'counter')
    const store = open(path)
    await expectFourToCount(processes(path), store, 'touching')
    await store.close?.()
  })

  it('of 100 takes in 4 processes one wins', { timeout: 300_000 }, async () => {
    const path = join(root, 'take')
    const store = open(path)
    await store.read(key('flash'))
    const taking = processes(path).fourTimes<{ winners: number }>('take', 25)
    await sleep(500)
    await store.create(key('flash'), record(Buffer.from('once'), { revision: 'untaken' as Revision }))
    expect(sum((await taking).map(({ winners }) => winners))).toBe(1)
    await store.close?.()
  })

  it('4 collectors at once delete each expired record once, and no other', { timeout: 300_000 }, async () => {
    const path = join(root, 'collect')
    const store = open(path)
    for (let i = 0; i < 400; i++) {
      await store.create(
        key(`${i}`),
        record(Buffer.from('x'), { expiresAt: i % 4 ? future : future + 1, subject: 'ann' }),
      )
    }
    const results = await processes(path).fourTimes<{ deleted: number }>('collect', future)
    expect(sum(results.map(({ deleted }) => deleted))).toBe(300)
    const left: string[] = []
    for await (const found of store.bySubject('ann')) left.push(found.key)
    expect(left.toSorted()).toEqual([...Array(100).keys()].map((i) => `${i * 4}`).toSorted())
    await store.close?.()
  })

  it(`kill -9 at ${kills} random moments tears, loses and locks nothing`, { timeout: 300_000 }, async () => {
    const path = join(root, 'killed')
    const store = open(path)
    await store.create(key('record'), record(Buffer.alloc(4), { subject: 'subject-0' }))
    let [last, rounds] = [0, 0]
    for (let kill = 0; kill < kills; kill++) {
      const writer = processes(path).start('rounds', last)
      await writer.reported(1 + (kill % 2))
      await sleep(Math.random() * 30)
      writer.kill()
      const { signal, messages, errors } = await writer.ended
      expect([signal, errors]).toEqual(['SIGKILL', ''])
      const acknowledged = messages as number[]
      rounds += acknowledged.length
      const end = acknowledged.at(-1) ?? 0

      await afterKill(store)
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
}
