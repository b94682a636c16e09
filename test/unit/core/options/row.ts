import { z } from 'zod'
import { generateSecret } from '../../../../src/core/keyring.js'
import type { AnyRule } from '../../../../src/core/options/rule.js'

/** What one option is given: values that are right, and wrong ones of the right kind. */
export interface Row {
  readonly right: readonly unknown[]
  readonly wrong?: readonly unknown[]
  /** Kinds of values that are not all wrong; every other kind is. */
  readonly takes: readonly (keyof typeof probes)[]
  /** Other options that a right value needs. */
  readonly beside?: object
}

export interface Table {
  /** As messages call it. */
  readonly owner: string
  readonly rule: AnyRule
  /** The options that may not be missing. */
  readonly base?: object
  call(options: unknown): unknown
  readonly rows: Readonly<Record<string, Row>>
}

/** A value of each kind. The text must never be in a message. */
export const probes = {
  text: 'canary 7f3a',
  number: -77.5,
  boolean: true,
  null: null,
  bigint: 7n,
  symbol: Symbol('canary 7f3a'),
  array: ['canary 7f3a'],
  object: { 'canary 7f3a': 1 },
  map: new Map([['canary 7f3a', 1]]),
  date: new Date(0),
  promise: Promise.resolve('canary 7f3a'),
  function: () => 'canary 7f3a',
  asyncFunction: async () => 'canary 7f3a',
  class: class Canary {},
}

export const schema = z.object({ userId: z.number().optional() })
export const secrets = generateSecret()
export const methods = (...names: string[]) => Object.fromEntries(names.map((name) => [name, () => undefined]))
export const word = (...right: string[]): Row => ({ right, takes: [], wrong: ['no-such-word', '', 'canary 7f3a'] })
export const flag: Row = { right: [true, false], takes: ['boolean'], wrong: ['auto', 0, 1] }
export const number = (right: number[], wrong: number[]): Row => ({
  right,
  takes: [],
  wrong: [...wrong, Number.NaN, '5'],
})
export const time = number([0, 1.5], [-1])
export const lifetime = number([1, 34_560_000], [0, 1.5, -1, 34_560_001, Number.POSITIVE_INFINITY])
export const text = (right: string[], wrong: string[] = []): Row => ({ right, takes: ['text'], wrong })
export const hook: Row = { right: [() => undefined, async () => undefined], takes: ['function', 'asyncFunction'] }
export const until: Row = { right: [new Date(0)], wrong: [new Date(Number.NaN)], takes: ['date'], beside: { secrets } }

export const attributes = {
  sameSite: word('lax', 'strict', 'none'),
  path: text(['/'], ['a', '/a;b', '']),
  domain: text(['a.example'], ['', 'a;b', 'a b']),
  partitioned: flag,
}
