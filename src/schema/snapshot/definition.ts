import * as z from 'zod/v4/core'
import type { AnyMigration } from '../migrate.js'
import type { SessionSchema } from '../types.js'
import { defOf } from '../walk.js'
import type { CheckNode, DefinitionSnapshot, SchemaNode, ValueNode } from './node.js'
import { defaultOf, nodeOf } from './walk.js'

/** What a definition is made of, as far as it decides what stored data means. */
export interface DefinitionParts {
  readonly schema: SessionSchema
  readonly flash: SessionSchema | undefined
  readonly version: number
  readonly migrations: readonly AnyMigration[]
  readonly codecs: readonly string[]
  readonly options: Readonly<Record<string, ValueNode>>
  /** The hash of a key name in a record. */
  readonly hashOf: (name: string) => string
}

/** A definition as data. */
export function definitionSnapshot(parts: DefinitionParts): DefinitionSnapshot {
  const { schema, flash, version, migrations, codecs, options, hashOf } = parts
  const keys = keysOf(schema)
  const oldest = version - migrations.length
  const versions = Object.fromEntries(migrations.map(({ from }, i) => [String(oldest + i), keysOf(from)]))
  const defaults = defaultsOf(schema)
  const rules = (nodeOf(schema, '').checks ?? []) as readonly CheckNode[]
  const names = new Set(
    [...Object.values(versions), keys].flatMap((each) => [...namesIn({ type: 'object', keys: each })]),
  )
  return {
    version,
    oldest,
    codecs,
    keys,
    ...(Object.keys(defaults).length > 0 ? { defaults } : {}),
    ...(rules.length > 0 ? { rules } : {}),
    ...(flash ? { flash: keysOf(flash) } : {}),
    ...(migrations.length > 0 ? { versions } : {}),
    options,
    hashes: Object.fromEntries([...names].sort().map((name) => [name, hashOf(name)])),
  }
}

function keysOf(schema: SessionSchema): Record<string, SchemaNode> {
  const { shape } = schema._zod.def
  const names = Object.keys(shape).sort()
  return Object.fromEntries(names.map((name) => [name, nodeOf(shape[name] as z.$ZodType, name)]))
}

/** What each key that has a default reads as where it is not stored. */
function defaultsOf(schema: SessionSchema): Record<string, ValueNode> {
  const found: Record<string, ValueNode> = {}
  for (const [name, part] of Object.entries(schema._zod.def.shape).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const value = defaultOf(() => z.parse(part, undefined))
    const none = JSON.stringify(value) === '{"undefined":true}'
    if (none || !acceptsUndefined(part)) continue
    found[name] = value
  }
  return found
}

function acceptsUndefined(part: z.$ZodType): boolean {
  try {
    return defOf(part).type !== 'catch' && z.safeParse(part, undefined).success
  } catch {
    return false
  }
}

/** Every key name of an object anywhere in a schema. */
function* namesIn(node: unknown): Generator<string> {
  if (typeof node !== 'object' || node === null) return
  if (Array.isArray(node)) {
    for (const part of node as unknown[]) yield* namesIn(part)
    return
  }
  const { type, keys } = node as SchemaNode
  for (const [name, part] of Object.entries(node)) if (name !== 'default') yield* namesIn(part)
  if (type === 'object' && keys) yield* Object.keys(keys)
}
