import type { TypeRegistry } from '../core/type-registry.js'
import { sameValue } from '../core/value.js'
import type { SchemaModel } from './definition.js'
import type { TypedValue } from './key.js'
import type { Stage } from './migration-chain.js'
import { argumentOf, runStep, StepFailure, viewOf } from './migration-step.js'

type Stored = ReadonlyMap<string, unknown>

export interface LateWrites {
  /** Stored values of the last stage's keys that older code has changed. */
  readonly changed: ReadonlyMap<string, unknown>
  /** The keys that only older code understands. */
  readonly old: ReadonlySet<string>
}

/**
 * What older code has written into a record of the last stage. While servers are deployed one by one, older code keeps
 * writing its own keys, which newer code does not know: those are migrated here, and only what follows from them counts.
 * Never throws for a migration that fails: then nothing follows.
 */
export function lateWrites(stages: readonly Stage[], stored: Stored, types: TypeRegistry | undefined): LateWrites {
  const last = stages.at(-1)?.model
  if (!last) return { changed: new Map(), old: new Set() }
  const values = new Map(stored)
  const old = new Set<string>()
  stages.slice(0, -1).forEach(({ model, up }, i) => {
    const next = stages[i + 1]?.model
    if (!up || !next) return
    const { data } = viewOf(model, values)
    const own = new Set(
      [...data.keys()].filter((key) => !accepts(next, key, values.get(key)) && !accepts(last, key, values.get(key))),
    )
    if (own.size === 0) return
    for (const key of own) if (stored.has(key)) old.add(key)
    const shared = new Map([...data].filter(([key]) => !own.has(key)))
    const run = (from: ReadonlyMap<string, TypedValue>, bare?: ReadonlySet<string>) => {
      const result = runStep(up, argumentOf(model, from, types, bare), next)
      return result instanceof StepFailure ? undefined : result.data
    }
    // What the migration says without those keys does not follow from them: a constant, a default, what both versions share.
    const without = run(shared, own) ?? run(shared)
    for (const [key, entry] of run(data) ?? []) {
      const seenByBoth = model.keys.has(key) && !own.has(key)
      if (!seenByBoth && !sameValue(entry.stored, without?.get(key)?.stored, types)) values.set(key, entry.stored)
    }
  })
  const changed = [...values].filter(
    ([key, value]) => accepts(last, key, value) && !(stored.has(key) && sameValue(value, stored.get(key), types)),
  )
  return { changed: new Map(changed), old }
}

/**
 * What is left of the carried values when `data` is written. A key of older code stays for older code to read as long as it
 * says the same as the newer keys; else it would undo, at the next read, what newer code has just written.
 */
export function withoutOutdated(
  stages: readonly Stage[],
  data: ReadonlyMap<string, TypedValue>,
  carried: Stored,
  types: TypeRegistry | undefined,
): Stored {
  if (carried.size === 0 || stages.length === 1) return carried
  const own = [...data].map(([key, { stored }]) => [key, stored] as const)
  const late = (rest: Stored) => lateWrites(stages, new Map([...rest, ...own]), types)
  const { changed, old } = late(carried)
  if (changed.size === 0) return carried
  const keep = (wanted: (key: string) => boolean) =>
    new Map([...carried].filter(([key]) => !old.has(key) || wanted(key)))
  const agreeing = keep((key) => late(keep((other) => other === key)).changed.size === 0)
  return late(agreeing).changed.size === 0 ? agreeing : keep(() => false)
}

function accepts(model: SchemaModel, key: string, value: unknown): boolean {
  return model.keys.get(key)?.fromStored(value) !== undefined
}
