import type { TypeRegistry } from '../core/type-registry.js'
import { sameValue } from '../core/value.js'

export const MERGE_RULES = ['sum', 'union', 'append', 'last'] as const

/** How a `set` and somebody else's change of the same key become one value; `last` takes the later one. */
export type MergeRule = (typeof MERGE_RULES)[number]

/**
 * The value after two requests have changed one key, each from the same `base`. Undefined stands for absent: to what they
 * have removed, mine brings back no more than I have added.
 * - `sum` adds up what each has added (numbers and bigints)
 * - `union` has what either added and lacks what either removed (arrays and Sets)
 * - `append` has the items of both, theirs first, if each only appended
 * Where the values are not of that kind, mine stands, as with `last`.
 */
export function mergeValues(
  rule: MergeRule,
  base: unknown,
  mine: unknown,
  theirs: unknown,
  types?: TypeRegistry,
): unknown {
  switch (rule) {
    case 'sum':
      return sum(base, mine, theirs)
    case 'union':
      return union(base, mine, theirs, types)
    case 'append':
      return append(base, mine, theirs, types)
    default:
      return mine
  }
}

function sum(base: unknown, mine: unknown, theirs: unknown): unknown {
  const others = theirs === undefined ? zeroLike(mine) : theirs
  if (typeof mine === 'number' && typeof others === 'number')
    return others + mine - (typeof base === 'number' ? base : 0)
  if (typeof mine === 'bigint' && typeof others === 'bigint')
    return others + mine - (typeof base === 'bigint' ? base : 0n)
  return mine
}

function zeroLike(value: unknown): unknown {
  return typeof value === 'bigint' ? 0n : 0
}

function union(base: unknown, mine: unknown, theirs: unknown, types?: TypeRegistry): unknown {
  const [before, ours, others] = [itemsOf(base) ?? [], itemsOf(mine), itemsOf(theirs ?? [])]
  if (!ours || !others) return mine
  const removed = without(before, ours, types)
  const kept = without(others, removed, types)
  const result = [...kept, ...without(without(ours, before, types), kept, types)]
  return mine instanceof Set ? new Set(result) : result
}

function append(base: unknown, mine: unknown, theirs: unknown = [], types?: TypeRegistry): unknown {
  const before = Array.isArray(base) ? (base as unknown[]) : []
  if (!Array.isArray(mine) || !Array.isArray(theirs)) return mine
  const onlyAppended = mine.length >= before.length && before.every((item, i) => sameValue(item, mine[i], types))
  return onlyAppended ? [...(theirs as unknown[]), ...(mine as unknown[]).slice(before.length)] : mine
}

function itemsOf(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value as unknown[]
  return value instanceof Set ? [...(value as Set<unknown>)] : undefined
}

function without(items: readonly unknown[], unwanted: readonly unknown[], types: TypeRegistry | undefined): unknown[] {
  return items.filter((item) => !unwanted.some((other) => sameValue(item, other, types)))
}
