import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cbor } from '../../src/codec/cbor.js'
import type { KeyShape } from '../../src/core/key-shape.js'
import { anyValue } from '../../src/testing/codec-values.js'
import { sameValue } from '../../src/testing/same-value.js'

/**
 * What one release knows of the session: a name may be a plain key ('any': whatever the user stores there), an object, or an
 * array of objects. Two releases agree on the kind of a name, and differ in which they know and in their order.
 */
interface World {
  readonly [name: string]: 'any' | { readonly many: boolean; readonly keys: World }
}

const NAMES = ['id', 'email', 'cart', 'sku', 'qty', 'ä', 'a.b', '7', '#2de1', 'constructor', 'toString', 'flags']

const name = fc.constantFrom(...NAMES)

const world: fc.Arbitrary<World> = fc.letrec<{ world: World }>((tie) => ({
  world: fc.dictionary(
    name,
    fc.oneof(
      { maxDepth: 3 },
      fc.constant('any' as const),
      fc.record({ many: fc.boolean(), keys: tie('world') }, { noNullPrototype: true }),
    ),
    { maxKeys: 6, noNullPrototype: true },
  ),
})).world

/** A release: some of the names of the world, in some order, at every level. */
function releaseOf(all: World): fc.Arbitrary<KeyShape> {
  const keys = fc.shuffledSubarray(Object.keys(all)).chain((names) =>
    fc.tuple(
      ...names.map((name): fc.Arbitrary<readonly [string, KeyShape | undefined]> => {
        const kind = all[name] as World[string]
        if (kind === 'any') return fc.constant([name, undefined] as const)
        return releaseOf(kind.keys).map((below) => [name, kind.many ? { items: below } : below] as const)
      }),
    ),
  )
  return keys.map((entries) => ({ keys: Object.fromEntries(entries) }))
}

/** What the user stores: open values of any kind, with keys that look like those of the schema. */
const stored = fc.oneof(
  fc.dictionary(name, fc.oneof(fc.integer(), fc.dictionary(name, fc.nat(), { noNullPrototype: true })), {
    noNullPrototype: true,
  }),
  fc.integer().map((hash) => ({ [String(hash)]: { '#0001': hash } })),
  anyValue().filter((value) => isCarried(value)),
)

function isCarried(value: unknown): boolean {
  try {
    cbor().bind({ shape: {} }).encode({ value })
    return true
  } catch {
    return false
  }
}

/** A session that a release writes: keys it knows, with values of their kind. */
function sessionOf(all: World, release: KeyShape): fc.Arbitrary<Record<string, unknown>> {
  const names = Object.keys(release.keys ?? {})
  return fc.shuffledSubarray(names).chain((present) =>
    fc
      .tuple(
        ...present.map((name): fc.Arbitrary<unknown> => {
          const kind = all[name] as World[string]
          if (kind === 'any') return stored
          const below = release.keys?.[name] as KeyShape
          if (!kind.many) return sessionOf(kind.keys, below)
          return fc.array(sessionOf(kind.keys, below.items as KeyShape), { maxLength: 3 })
        }),
      )
      .map((values) => Object.fromEntries(present.map((name, i) => [name, values[i]]))),
  )
}

const twoReleases = world.chain((all) =>
  fc
    .tuple(releaseOf(all), releaseOf(all))
    .chain(([ours, theirs]) =>
      fc.record({ ours: fc.constant(ours), theirs: fc.constant(theirs), session: sessionOf(all, ours) }),
    ),
)

describe('cbor() between two releases whose schemas differ in their keys', () => {
  it('each reads what the other wrote: common keys are equal, unknown ones come back byte for byte', () => {
    let carried = 0
    fc.assert(
      fc.property(twoReleases, ({ ours, theirs, session }) => {
        const [we, they] = [cbor().bind({ shape: ours }), cbor().bind({ shape: theirs })]
        const bytes = we.encode(session)
        const seen = they.decode(bytes) as Record<string, unknown>
        expectCommon(session, seen, ours, theirs)
        if (Object.keys(seen).some((key) => key.startsWith('\udc00#'))) carried++
        expect(they.encode(seen)).toEqual(bytes)
        expect(sameValue(we.decode(they.encode(seen)), session)).toBe(true)
      }),
      { numRuns: 500 },
    )
    expect(carried, 'the releases never differed').toBeGreaterThan(50)
  })

  it('what the other added beside an unknown key stays, too', () => {
    fc.assert(
      fc.property(twoReleases, fc.string(), ({ ours, theirs, session }, added) => {
        const [we, they] = [cbor().bind({ shape: ours }), cbor().bind({ shape: theirs })]
        const seen = they.decode(we.encode(session)) as Record<string, unknown>
        const back = we.decode(they.encode({ ...seen, 'only theirs': isCarried(added) ? added : '' }))
        expect(sameValue({ ...(back as object), 'only theirs': 0 }, { ...session, 'only theirs': 0 })).toBe(true)
      }),
    )
  })

  it('reads and writes its own records exactly', () => {
    fc.assert(
      fc.property(twoReleases, ({ ours, session }) => {
        const bound = cbor().bind({ shape: ours })
        const bytes = bound.encode(session)
        expect(sameValue(bound.decode(bytes), session)).toBe(true)
        expect(bound.encode(bound.decode(bytes) as Record<string, unknown>)).toEqual(bytes)
      }),
    )
  })

  it('never rewrites what a user stores under a key, whatever its keys look like', () => {
    const names = { keys: Object.fromEntries(NAMES.map((name) => [name, undefined])) }
    const [known, unknown] = [cbor().bind({ shape: names }), cbor().bind({ shape: {} })]
    fc.assert(
      fc.property(stored, (value) => {
        const bytes = known.encode({ id: value })
        expect(sameValue(known.decode(bytes), { id: value })).toBe(true)
        // Only the one key before it differs.
        expect(bytes.subarray(4)).toEqual(unknown.encode({ id: value }).subarray(4))
      }),
    )
  })
})

/** The keys that both know are equal, and at every level. */
function expectCommon(written: unknown, seen: unknown, ours: KeyShape | undefined, theirs: KeyShape | undefined): void {
  if (Array.isArray(written) && ours?.items) {
    written.forEach((item, i) => expectCommon(item, (seen as unknown[])[i], ours.items, theirs?.items))
    return
  }
  if (!ours?.keys || !theirs?.keys) {
    if (!ours?.keys && !ours?.items) expect(sameValue(seen, written)).toBe(true)
    return
  }
  for (const [name, value] of Object.entries(written as object)) {
    if (Object.hasOwn(theirs.keys, name))
      expectCommon(value, (seen as Record<string, unknown>)[name], ours.keys[name], theirs.keys[name])
    else expect(Object.keys(seen as object)).not.toContain(name)
  }
}
