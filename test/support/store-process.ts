import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { type RunningProcess, runProcess } from '../services/run-process.js'

/** Does a job of `jobs/` in a process of its own. */
export const jobScript = fileURLToPath(new URL('jobs/process.mjs', import.meta.url))

/** What `openStore` of this module is called with, for the laws on several processes. */
export const openStoreModule = new URL('jobs/open-store.mjs', import.meta.url)

/** Another process with a store over the same records, which does a job (`jobs/`) and reports. */
export interface StoreProcesses {
  /** Starts one. */
  start(job: string, ...args: readonly (string | number)[]): RunningProcess
  /** The report of each of four that do the same at the same time. */
  fourTimes<T>(job: string, ...args: readonly (string | number)[]): Promise<T[]>
}

/** @param kind the name of a module in `zession/stores/`, in the built package */
export function storeProcesses(kind: string, options: object): StoreProcesses {
  const built = fileURLToPath(new URL(`../../dist/stores/${kind}.js`, import.meta.url))
  assert.ok(existsSync(built), 'These tests run the built package. First: npm run build')
  const start: StoreProcesses['start'] = (job, ...args) =>
    runProcess(jobScript, [kind, JSON.stringify(options), job, ...args.map(String)])
  return {
    start,
    async fourTimes<T>(job: string, ...args: readonly (string | number)[]) {
      const results = await Promise.all([1, 2, 3, 4].map(() => start(job, ...args).ended))
      for (const { code, errors } of results) expect([code, errors]).toEqual([0, ''])
      return results.map(({ messages }) => messages[0] as T)
    },
  }
}

export const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0)

/** @returns the number in a record that the jobs `rounds` and `pairs` write, when all of its bytes belong to this number */
export function assertWhole(bytes: Uint8Array | undefined): number {
  assert.ok(bytes, 'the record is there')
  const found = Buffer.from(bytes)
  const i = found.readUInt32BE(0)
  if (i === 0) return 0
  const expected = Buffer.alloc(4 + ((i * 7919) % 60_000), i % 251)
  expected.writeUInt32BE(i, 0)
  assert.ok(found.equals(expected), `record ${i} is whole`)
  return i
}
