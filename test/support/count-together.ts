import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import type { Revision, SessionStore, StoreKey } from '../../src/stores/port.js'
import { type StoreProcesses, sum } from './store-process.js'

const counter = 'counter' as StoreKey
const times = 250

/**
 * Four processes add one to a record 250 times each, by compare-and-set: each number from 1 to 1000 is acknowledged once,
 * and the last one is read afterwards. A number that comes twice is an update that was lost; with all of them once and
 * another one read, the read was stale.
 *
 * @param touching with 'touching' a touch comes after each update, and must lose nothing
 */
export async function expectFourToCount(
  processes: StoreProcesses,
  store: SessionStore,
  ...touching: readonly 'touching'[]
): Promise<void> {
  await store.create(counter, {
    bytes: Buffer.from('0'),
    revision: randomUUID() as Revision,
    expiresAt: Date.now() + 3_600_000,
  })
  const results = await processes.fourTimes<{ written: number[]; conflicts: number }>('increment', times, ...touching)
  const written = results.flatMap((result) => result.written).sort((a, b) => a - b)
  expect(written.filter((number, i) => written[i - 1] === number)).toEqual([])
  expect(written).toEqual(Array.from({ length: 4 * times }, (_, i) => i + 1))
  expect(Buffer.from((await store.read(counter))?.bytes ?? []).toString()).toBe(String(4 * times))
  // Without conflicts the processes never met, and the sum would prove nothing.
  expect(sum(results.map(({ conflicts }) => conflicts))).toBeGreaterThan(0)
}
