import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { json } from '../../src/codec/json.js'
import { isPlainObject } from '../../src/core/value.js'
import { editsBetween, worst } from '../../src/schema/edits/edits.js'
import type { DefinitionSnapshot } from '../../src/schema/snapshot/node.js'
import { sameValue } from '../../src/testing/same-value.js'
import { readerOf, type Stored, snapshotOf, storedBy, type Truth } from '../support/schema-truth.js'
import { ZOO } from '../support/schema-zoo.js'

interface Kind {
  readonly name: string
  readonly snapshot: DefinitionSnapshot
  readonly stored: readonly Stored[]
  read(stored: readonly Stored[]): Truth
}

const known = new Map<string, Kind>()

function kindOf(name: string): Kind {
  let kind = known.get(name)
  if (!kind) {
    const schema = ZOO[name] as z.ZodType
    kind = {
      name,
      snapshot: snapshotOf(z.object({ k: schema })),
      stored: storedBy(schema, [], undefined, 10),
      read: readerOf(schema),
    }
    known.set(name, kind)
  }
  return kind
}

/** Nothing was refused, and what was read has all that was stored: a default may have been filled in beside it. */
function isSafe(now: z.ZodType, { refused, changed }: Truth): boolean {
  return refused.length === 0 && changed.every((value) => isWithin(value, z.safeParse(now, value).data))
}

function isWithin(part: unknown, whole: unknown): boolean {
  if (isObject(part) && isObject(whole))
    return Object.entries(part).every(([key, value]) => isWithin(value, whole[key]))
  return sameValue(part, whole)
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && isPlainObject(value)

const names = Object.keys(ZOO)
const pairs = fc.sample(fc.tuple(fc.constantFrom(...names), fc.constantFrom(...names)), { numRuns: 1500, seed: 16 })
/** Those that begin with one word are narrower and wider forms of one kind. */
const related = names.flatMap((a) =>
  names.filter((b) => a.split(' ')[0] === b.split(' ')[0]).map((b): [string, string] => [a, b]),
)

describe('what is called safe is read by the other schema as what it was, through the real codec', () => {
  it.each([
    ['forms of one kind', related],
    ['any two kinds', pairs],
  ])(
    '%s',
    (_, list) => {
      const wrong: string[] = []
      let safe = 0
      for (const [a, b] of list) {
        const [before, now] = [kindOf(a), kindOf(b)]
        const edits = editsBetween(before.snapshot, now.snapshot)
        if (worst(edits.map(({ forward }) => forward)) !== 'safe') continue
        safe++
        if (!isSafe(ZOO[b] as z.ZodType, now.read(before.stored))) wrong.push(`${a} => ${b}`)
      }
      expect(wrong).toEqual([])
      expect(safe).toBeGreaterThan(20)
    },
    600_000,
  )
})

describe('one edit inside a larger schema', () => {
  const leaves = fc.constantFrom(...names.filter((name) => !/instance|tree|any|unknown|json/.test(name)))
  const around = fc.constantFrom<(inner: z.ZodType) => z.ZodType>(
    (inner) => z.array(inner),
    (inner) => z.object({ in: inner }),
    (inner) => z.object({ in: inner.optional(), other: z.string() }),
    (inner) => inner.nullable(),
    (inner) => z.record(z.string(), inner),
    (inner) => z.map(z.string(), inner),
    (inner) => z.tuple([inner, z.number()]),
    (inner) => z.union([z.object({ a: inner }), z.null()]),
    (inner) => z.lazy(() => z.array(z.object({ deep: inner }))),
  )
  it('is called safe only where every value of the old schema is read as it was', () => {
    fc.assert(
      fc.property(leaves, leaves, around, around, (a, b, outer, wrap) => {
        const [before, now] = [outer(wrap(ZOO[a] as z.ZodType)), outer(wrap(ZOO[b] as z.ZodType))]
        const edits = editsBetween(snapshotOf(z.object({ k: before })), snapshotOf(z.object({ k: now })))
        if (worst(edits.map(({ forward }) => forward)) !== 'safe') return
        expect(isSafe(now, readerOf(now)(storedBy(before, [], undefined, 10)))).toBe(true)
      }),
      { numRuns: 150 },
    )
  }, 600_000)
})

describe('key names that a codec stores as hashes', () => {
  const object = z.object({ a: z.number() })
  const open = z.record(z.string(), z.number())
  it.each([
    ['cbor', 'breaking'],
    ['json', 'safe'],
  ])('an object that becomes a record, with %s: %s', (codec, level) => {
    const of = (schema: z.ZodType) => snapshotOf(z.object({ k: schema }), { codecs: [codec] })
    expect(editsBetween(of(object), of(open))[0]?.forward).toBe(level)
    if (codec === 'json') expect(readerOf(open, json())(storedBy(object, [], json())).changed).toEqual([])
  })
})
