import { SessionConfigError } from '../../core/errors.js'
import type { KeyShape } from '../../core/key-shape.js'
import { isWellFormed } from '../../core/well-formed.js'
import { hashOfName } from './key-names.js'

/** A place in the schema, ready for the writer and the reader. */
export interface Position {
  /** The keys of an object here, by name and by hash. Empty where the schema knows none. */
  readonly names: ReadonlyMap<string, KnownKey>
  readonly hashes: ReadonlyMap<number, KnownKey>
  /** The same keys in the order of the schema, in which they mostly come: a guess that saves the look-up. */
  readonly order: readonly KnownKey[]
  /** Where the elements of an array here are. */
  readonly items: Position
}

export interface KnownKey {
  readonly name: string
  readonly hash: number
  /** Its place in `order`. */
  readonly index: number
  readonly position: Position
}

interface Draft {
  readonly names: Map<string, KnownKey>
  readonly hashes: Map<number, KnownKey>
  readonly order: KnownKey[]
  items: Position
}

/** Any place that the schema says nothing about, and all that is below it. */
export const NOWHERE: Position = (() => {
  const nowhere = { names: new Map(), hashes: new Map(), order: [] } as unknown as Draft
  nowhere.items = nowhere
  return nowhere
})()

/**
 * Every position of a shape. A shape may contain itself (a recursive schema): each is turned into a position once, by its
 * identity, off a list rather than by recursion.
 * @throws SessionConfigError when two key names of one object have the same hash
 */
export function positionsOf(root: KeyShape): Position {
  const known = new Map<KeyShape, Draft>()
  const open: { shape: KeyShape; draft: Draft; path: string }[] = []

  function positionOf(shape: KeyShape | undefined, path: string): Position {
    if (shape === undefined) return NOWHERE
    const seen = known.get(shape)
    if (seen !== undefined) return seen
    const draft: Draft = { names: new Map(), hashes: new Map(), order: [], items: NOWHERE }
    known.set(shape, draft)
    open.push({ shape, draft, path })
    return draft
  }

  const position = positionOf(root, '')
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    const { shape, draft, path } = next
    draft.items = positionOf(shape.items, `${path}[]`)
    for (const [name, child] of Object.entries(shape.keys ?? {})) {
      // The writer refuses these two, so they need no hash.
      if (name === '__proto__' || !isWellFormed(name)) continue
      const hash = hashOfName(name)
      const taken = draft.hashes.get(hash)
      if (taken !== undefined) throw sameHash(taken.name, name, path)
      const below = positionOf(child, path === '' ? name : `${path}.${name}`)
      const key: KnownKey = { name, hash, index: draft.order.length, position: below }
      draft.order.push(key)
      draft.names.set(name, key)
      draft.hashes.set(hash, key)
    }
  }
  return position
}

function sameHash(first: string, second: string, path: string): SessionConfigError {
  const where = path === '' ? '' : ` of \`${path}\``
  return new SessionConfigError(
    `The keys ${JSON.stringify(first)} and ${JSON.stringify(second)}${where} have the same 16-bit hash, under which cbor() stores key names. Rename one of them.`,
  )
}
