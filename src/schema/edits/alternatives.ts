import type { CheckNode, SchemaNode } from '../snapshot/node.js'
import { isOpaque } from './revive.js'

/** A part of what a schema may have stored: of a kind that is no wrapper and no choice. */
export interface Alternative {
  readonly node: SchemaNode
  /** A check that nobody can look into says which of these values there are. */
  readonly fuzzy: boolean
}

type Resolve = (node: SchemaNode) => SchemaNode

const WRAPPERS = new Set(['optional', 'default', 'prefault', 'nonoptional', 'readonly', 'catch'])

/** The values that a schema may have stored, kind by kind. Undefined is never stored, so it is not among them. */
export function alternativesOf(given: SchemaNode, resolve: Resolve, fuzzy = false): Alternative[] {
  const node = resolve(given)
  const narrowed = fuzzy || (node.checks ?? []).some(isOpaque)
  const of = (part: SchemaNode | undefined) => (part ? alternativesOf(part, resolve, narrowed) : [])
  if (WRAPPERS.has(node.type)) return of(node.innerType)
  switch (node.type) {
    case 'nullable':
      return [...of(node.innerType), value(null, narrowed)]
    case 'union':
      return (node.options ?? []).flatMap(of)
    case 'literal':
    case 'enum':
      return (node.values ?? [])
        .filter((each) => JSON.stringify(each) !== '{"undefined":true}')
        .map((each) => value(each, narrowed))
    case 'null':
      return [value(null, narrowed)]
    case 'boolean':
      return [value(true, narrowed), value(false, narrowed)]
    case 'undefined':
    case 'void':
    case 'never':
      return []
    case 'intersection': {
      const merged = mergedObject(node, resolve)
      return [{ node: merged ?? node, fuzzy: narrowed }]
    }
    default:
      return [{ node, fuzzy: narrowed }]
  }
}

function value(value: unknown, fuzzy: boolean): Alternative {
  return { node: { type: 'value', value }, fuzzy }
}

/** An intersection of two plain objects as one object; undefined where it is none. */
export function mergedObject({ left, right, checks }: SchemaNode, resolve: Resolve): SchemaNode | undefined {
  const sides = [left, right].map((side) => {
    const node = side && strip(resolve(side), resolve)
    return node?.type === 'intersection' ? mergedObject(node, resolve) : node
  })
  const [a, b] = sides
  if (a?.type !== 'object' || b?.type !== 'object') return undefined
  const modes = [a.unknownKeys, b.unknownKeys]
  if (modes.some((mode) => typeof mode === 'object')) return undefined
  const names = [...new Set([...Object.keys(a.keys ?? {}), ...Object.keys(b.keys ?? {})])].sort()
  const keys: Record<string, SchemaNode> = {}
  const absent: Record<string, 'absent' | 'filled'> = {}
  for (const name of names) {
    const [one, two] = [a.keys?.[name], b.keys?.[name]]
    keys[name] =
      one && two
        ? JSON.stringify(one) === JSON.stringify(two)
          ? one
          : { type: 'intersection', left: one, right: two }
        : ((one ?? two) as SchemaNode)
    const said = [one && (a.absent?.[name] ?? 'needed'), two && (b.absent?.[name] ?? 'needed')].filter(
      (each) => each !== undefined,
    )
    if (!said.includes('needed')) absent[name] = said.includes('filled') ? 'filled' : 'absent'
  }
  const unknownKeys = modes.every((mode) => mode === 'strict') ? 'strict' : modes.includes('loose') ? 'loose' : 'strip'
  const all: CheckNode[] = [...(a.checks ?? []), ...(b.checks ?? []), ...(checks ?? [])]
  return { type: 'object', keys, absent, unknownKeys, ...(all.length > 0 ? { checks: all } : {}) }
}

function strip(node: SchemaNode, resolve: Resolve): SchemaNode {
  return node.type === 'readonly' && node.innerType ? strip(resolve(node.innerType), resolve) : node
}
