import assert from 'node:assert/strict'
import { assertBroken } from './broken.js'
import { byteLaws } from './store-laws/bytes.js'
import { contractLaws } from './store-laws/contract.js'
import { fairnessLaws } from './store-laws/fairness.js'
import { garbageLaws, garbageRaceLaws } from './store-laws/garbage.js'
import type { Law, MakeStore } from './store-laws/harness.js'
import { modelLaws } from './store-laws/model.js'
import { powerLaws, powerRaceLaws } from './store-laws/powers.js'
import { processLaws } from './store-laws/processes.js'
import { raceLaws } from './store-laws/races.js'
import { skewLaws } from './store-laws/skew.js'
import { unknownLaws } from './store-laws/unknown.js'

export type { MakeStore, StoreUnderTest } from './store-laws/harness.js'

/** Registers one test with your runner: vitest's, node:test's or mocha's `it`, or a wrapper that adds a timeout. */
export type It = (name: string, run: () => Promise<void>) => void

/** Laws that a store keeps or does not. */
const certain = { ...contractLaws, ...byteLaws, ...garbageLaws, ...powerLaws }

const laws = {
  ...certain,
  ...raceLaws,
  ...garbageRaceLaws,
  ...powerRaceLaws,
  ...fairnessLaws,
  ...modelLaws,
  ...skewLaws,
  ...unknownLaws,
  ...processLaws,
}

/** The sentence that names a law. */
export type LawName = keyof typeof laws

/**
 * Laws that a store does not keep, and why. Such a law is run and must fail, so that no exemption outlives its reason. Laws of
 * races, processes and random values, which such a store may pass by chance, are left out.
 */
export interface LawExemption {
  /** Why the store does not keep them; shown in the name of each test. */
  readonly reason: string
  /** Which, by the names that the tests have. */
  readonly laws: readonly LawName[]
}

/**
 * The contract of a session store as tests, and what sessions promise over any store that keeps it: with clocks that differ,
 * with answers that get lost, in several processes. A law that needs what the store under test does not have (a power, a
 * second connection, a reopening, other processes) fails until it is exempted with a reason.
 *
 * Deadlines in the tests lie days in the future, so that a backend with a clock of its own drops nothing meanwhile.
 *
 * @param it your test runner's `it`; a law may take some seconds on a slow backend.
 * @param make gives a store whose records no other call of `make` sees, with its `dispose`.
 * @throws AssertionError when an exemption has no reason, names no law or names one twice.
 * @example
 * describe('my store', () => {
 *   storeLaws(it, async () => ({ store: myStore(), dispose: async () => {} }), {
 *     exempt: [{ reason: 'lives in this process', laws: ['a durable record survives closing and reopening'] }],
 *   })
 * })
 */
export function storeLaws(
  it: It,
  make: MakeStore,
  {
    exempt = [],
  }: {
    /** Laws that the store does not keep, with the reason. @default [] */
    exempt?: readonly LawExemption[]
  } = {},
): void {
  const reasons = new Map<string, string>()
  for (const { reason, laws: names } of exempt) {
    assert.notEqual(reason.trim(), '', 'An exemption needs a reason.')
    for (const name of names) {
      assert.ok(Object.hasOwn(laws, name), `There is no law named "${name}".`)
      assert.ok(!reasons.has(name), `The law "${name}" is exempted twice.`)
      reasons.set(name, reason)
    }
  }
  for (const [name, law] of Object.entries<Law>(laws)) {
    const reason = reasons.get(name)
    const run = () => runOn(make, law)
    if (reason === undefined) it(name, run)
    else if (Object.hasOwn(certain, name)) it(`does not keep: ${name} (${reason})`, () => assertBroken(name, run))
  }
}

async function runOn(make: MakeStore, law: Law): Promise<void> {
  const made = await make()
  try {
    await law(made)
  } finally {
    await made.dispose()
  }
}
