import assert from 'node:assert/strict'
import { assertBroken } from './broken.js'

/** The part of a test runner's `it` that the laws need. */
export type It = (name: string, run: () => void | Promise<void>) => void

/** Laws that a codec does not keep, and why. */
export interface CodecExemption {
  /** Why the codec does not keep them; shown in the name of each test. */
  readonly reason: string
  /** Which, by the names that the tests have. */
  readonly laws: readonly string[]
}

/** What registers a law under its name, unless it is exempted. */
interface Registration {
  /** A law that either holds or does not: an exempted one must fail, or its exemption is not needed any more. */
  readonly it: It
  /** A law of random values, which a codec that does not keep it may pass by chance: an exempted one is left out. */
  readonly random: It
  /** @throws AssertionError for a name that is no law's */
  readonly assertAllUsed: () => void
}

/** @throws AssertionError when an exemption has no reason or names a law twice */
export function exempting(register: It, exempt: readonly CodecExemption[]): Registration {
  const reasons = new Map<string, string>()
  const unused = new Set<string>()
  for (const { reason, laws } of exempt) {
    assert.notEqual(reason.trim(), '', 'An exemption needs a reason.')
    for (const name of laws) {
      assert.ok(!reasons.has(name), `The law "${name}" is exempted twice.`)
      reasons.set(name, reason)
      unused.add(name)
    }
  }
  return {
    it(name, run) {
      unused.delete(name)
      const reason = reasons.get(name)
      if (reason === undefined) register(name, run)
      else register(`does not keep: ${name} (${reason})`, () => assertBroken(name, run))
    },
    random(name, run) {
      unused.delete(name)
      if (!reasons.has(name)) register(name, run)
    },
    assertAllUsed: () => assert.deepEqual([...unused], [], 'There are no laws of these names.'),
  }
}
