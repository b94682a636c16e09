import * as z from 'zod/v4/core'
import { systemClock } from '../../core/clock.js'
import { defOf, lazyTarget } from '../walk.js'
import { codeOf } from './code.js'
import type { CheckNode, SchemaNode, ValueNode } from './node.js'

/** A schema as data. Recursion becomes a `ref` to the path of the schema around it. @param path where it is, for refs */
export function nodeOf(schema: z.$ZodType, path: string): SchemaNode {
  return visit(schema, path, new Map())
}

type Around = ReadonlyMap<z.$ZodType, string>

/** Facts that say nothing of what is accepted. */
const SILENT = new Set(['type', 'error', 'abort', 'when', 'getter', 'shape', 'catchall', 'checks', 'defaultValue'])

function visit(schema: z.$ZodType, path: string, above: Around): SchemaNode {
  const known = above.get(schema)
  if (known !== undefined) return { type: 'ref', to: known }
  const around = new Map([...above, [schema, path] as const])
  const def = schema._zod.def as unknown as Record<string, unknown>
  const { type } = defOf(schema)
  const below = (part: unknown, step: string) => visit(part as z.$ZodType, path + step, around)
  if (type === 'lazy') return withChecks(below(lazyTarget(schema), ''), checksOf(def, path, around))
  const node: Record<string, unknown> = { type }
  const checks = checksOf(def, path, around)
  const isFormat = def['check'] !== undefined && type !== 'custom'
  if (type === 'object') Object.assign(node, objectFacts(schema as z.$ZodObject, path, around))
  else if (!isFormat)
    for (const [name, fact] of Object.entries(def)) {
      if (SILENT.has(name) || fact === undefined || fact === null) continue
      if (type === 'custom' && name === 'fn') node['code'] = codeOf(fact)
      else if (type === 'catch' && name === 'catchValue') node['default'] = caught(fact as () => unknown)
      else if (type === 'enum' && name === 'entries') node['values'] = enumValues(fact as Record<string, unknown>)
      else node[name] = factOf(fact, (part, step) => below(part, stepTo(name) + step))
    }
  if (type === 'template_literal') {
    delete node['parts']
    node['pattern'] = valueOf((schema._zod as { readonly pattern?: RegExp }).pattern)
  }
  if (type === 'default' || type === 'prefault') node['default'] = defaultOf(() => def['defaultValue'])
  const { Class } = schema._zod.bag as { readonly Class?: { readonly name: string } }
  if (type === 'custom' && typeof Class === 'function') node['class'] = Class.name
  if (isFormat) checks.unshift(checkOf(def, path, around))
  return withChecks(node as unknown as SchemaNode, checks)
}

/** How the path of a part goes on from the path of the whole, so that no two schemas have the same one. */
export function stepTo(part: string): string {
  return STEPS[part] ?? `<${part}>`
}

const STEPS: Readonly<Record<string, string>> = {
  element: '[]',
  items: '#',
  valueType: '{}',
  unknownKeys: '{*}',
  innerType: '?',
  options: '|',
}

function withChecks(node: SchemaNode, checks: readonly CheckNode[]): SchemaNode {
  return checks.length === 0 ? node : { ...node, checks: [...(node.checks ?? []), ...checks] }
}

function objectFacts(schema: z.$ZodObject, path: string, around: Around) {
  const { shape, catchall } = schema._zod.def
  const keys: Record<string, SchemaNode> = {}
  const absent: Record<string, 'absent' | 'filled'> = {}
  for (const name of Object.keys(shape).sort()) {
    const part = shape[name] as z.$ZodType
    keys[name] = visit(part, `${path}.${name}`, around)
    const without = absenceOf(part)
    if (without) absent[name] = without
  }
  const kind = catchall && defOf(catchall).type
  const unknownKeys =
    kind === undefined
      ? 'strip'
      : kind === 'never'
        ? 'strict'
        : kind === 'unknown' || kind === 'any'
          ? 'loose'
          : visit(catchall as z.$ZodType, path + stepTo('unknownKeys'), around)
  return { keys, ...(Object.keys(absent).length > 0 ? { absent } : {}), unknownKeys }
}

/** What an object makes of a missing key, found out by leaving it out: the rules differ from release to release of zod. */
function absenceOf(part: z.$ZodType): 'absent' | 'filled' | undefined {
  const alone = new z.$ZodObject({ type: 'object', shape: { key: part } })
  try {
    const result = z.safeParse(alone, {})
    if (!result.success) return undefined
    return (result.data as { readonly key?: unknown }).key === undefined ? 'absent' : 'filled'
  } catch {
    return part._zod.optin === undefined ? undefined : 'absent'
  }
}

function checksOf(def: Record<string, unknown>, path: string, around: Around): CheckNode[] {
  const checks = (def['checks'] ?? []) as readonly z.$ZodCheck[]
  return checks
    .filter((check) => !['describe', 'meta'].includes(check._zod.def.check))
    .map((check) => {
      const facts = check._zod.def as unknown as Record<string, unknown>
      const described = checkOf(facts, path, around)
      // A check of `superRefine` or `check()` has its code beside its definition.
      const isBare = facts['check'] === 'custom' && facts['fn'] === undefined
      return isBare ? { ...described, code: codeOf((check._zod as { readonly check: unknown }).check) } : described
    })
}

function checkOf(def: Record<string, unknown>, path: string, around: Around): CheckNode {
  const node: Record<string, unknown> = { check: def['check'] }
  for (const [name, fact] of Object.entries(def)) {
    if (['check', 'type', 'checks', 'error', 'abort', 'params', 'path'].includes(name)) continue
    if (fact === undefined || fact === null) continue
    // zod's own condition of a size or length check says no more than the check.
    if (name === 'when' && /_size|size_|_length|length_/.test(String(def['check']))) continue
    if (name === 'tx') Object.assign(node, overwriteOf(fact))
    else if (name === 'fn') node['code'] = codeOf(fact)
    else node[name] = factOf(fact, (part) => visit(part as z.$ZodType, path, around))
  }
  return node as unknown as CheckNode
}

/** What zod's own rewriting checks are called. */
const OVERWRITES = ['trim', 'toLowerCase', 'toUpperCase'] as const

function overwriteOf(tx: unknown): object {
  const text = String(tx).replaceAll(/\s/g, '')
  const known = OVERWRITES.find((name) => text === `(input)=>input.${name}()`)
  return known ? { tx: known } : { tx: { code: codeOf(tx) } }
}

function factOf(fact: unknown, below: (part: unknown, step: string) => SchemaNode, step = ''): unknown {
  if (typeof fact === 'object' && fact !== null && '_zod' in fact) return below(fact, step)
  if (Array.isArray(fact)) return (fact as unknown[]).map((part, i) => factOf(part, below, String(i)))
  if (typeof fact === 'function') return { code: codeOf(fact) }
  return valueOf(fact)
}

function enumValues(entries: Record<string, unknown>): unknown[] {
  // A numeric enum of TypeScript has its names among its values.
  const numeric = Object.values(entries).filter((value) => typeof value === 'number')
  const values = Object.entries(entries)
    .filter(([key]) => !numeric.includes(Number(key)))
    .map(([, value]) => value)
  return [...new Set(values)].sort((a, b) => (String(a) < String(b) ? -1 : 1))
}

function caught(catchValue: (context: unknown) => unknown): ValueNode {
  return defaultOf(() => catchValue({ value: undefined, input: undefined, issues: [], error: { issues: [] } }))
}

/** A default as data, or that it is another one each time. */
export function defaultOf(make: () => unknown): ValueNode {
  try {
    const first = valueOf(make())
    const start = systemClock()
    for (let tries = 0; tries < 100_000 && systemClock() === start; tries++);
    return JSON.stringify(first) === JSON.stringify(valueOf(make())) ? first : { varies: true }
  } catch {
    return { varies: true }
  }
}

/** A value as data. */
export function valueOf(value: unknown): ValueNode {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value as ValueNode
  if (typeof value === 'number')
    return Number.isFinite(value) && !Object.is(value, -0)
      ? value
      : { number: Object.is(value, -0) ? '-0' : String(value) }
  if (typeof value === 'undefined') return { undefined: true }
  if (typeof value === 'bigint') return { bigint: String(value) }
  if (value instanceof RegExp) return { regex: value.source, flags: value.flags }
  if (value instanceof Date) return { date: Number.isNaN(value.getTime()) ? 'invalid' : value.toISOString() }
  if (value instanceof Map)
    return { map: [...(value as Map<unknown, unknown>)].map(([key, held]) => [valueOf(key), valueOf(held)]) }
  if (value instanceof Set) return { set: [...(value as Set<unknown>)].map(valueOf) }
  if (Array.isArray(value)) return (value as unknown[]).map(valueOf)
  if (typeof value === 'function' || typeof value === 'symbol') return { code: codeOf(value) }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null)
    return { instance: (value as object).constructor?.name ?? 'object' }
  const own = Object.keys(value as object).sort()
  return { object: Object.fromEntries(own.map((key) => [key, valueOf((value as Record<string, unknown>)[key])])) }
}
