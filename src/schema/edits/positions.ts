import type { SchemaNode } from '../snapshot/node.js'

/** The objects, arrays and tuples that a place of a schema may hold; a codec knows all their key names there (see `shape.ts`). */
export type Position = readonly SchemaNode[]

/** A place of which the schema says nothing: inside a record, a Map, anything. */
export const NOWHERE: Position = []

type Resolve = (node: SchemaNode) => SchemaNode

const TRANSPARENT = new Set(['optional', 'nullable', 'default', 'prefault', 'nonoptional', 'readonly', 'catch'])

/** @param resolve what a ref stands for */
export function positionOf(nodes: readonly SchemaNode[], resolve: Resolve): Position {
  const found = new Set<SchemaNode>()
  const seen = new Set<SchemaNode>()
  function add(given: SchemaNode | undefined): void {
    const node = given && resolve(given)
    if (!node || seen.has(node)) return
    seen.add(node)
    if (node.type === 'object' || node.type === 'array' || node.type === 'tuple') found.add(node)
    else if (TRANSPARENT.has(node.type)) add(node.innerType)
    else if (node.type === 'union') node.options?.forEach(add)
    else if (node.type === 'intersection') [node.left, node.right].forEach(add)
    else if (node.type === 'pipe') add(node.in)
  }
  nodes.forEach(add)
  return [...found]
}

/** The key names that are stored as hashes here. */
export function namesAt(position: Position): ReadonlySet<string> {
  return new Set(position.flatMap((node) => Object.keys(node.keys ?? {})))
}

export function belowKey(position: Position, name: string, resolve: Resolve): Position {
  return positionOf(
    position.flatMap(({ keys = {} }) => (Object.hasOwn(keys, name) ? (keys[name] ?? []) : [])),
    resolve,
  )
}

export function items(position: Position, resolve: Resolve): Position {
  return positionOf(
    position.flatMap((node) => [
      ...(node.element ? [node.element] : []),
      ...(node.items ?? []),
      ...(node.rest ? [node.rest] : []),
    ]),
    resolve,
  )
}

/** Whether any key name is stored as a hash here or below. */
export function hasNames(position: Position, resolve: Resolve, seen: Set<SchemaNode> = new Set()): boolean {
  const fresh = position.filter((node) => !seen.has(node))
  for (const node of fresh) seen.add(node)
  if (fresh.some(({ keys }) => keys && Object.keys(keys).length > 0)) return true
  return fresh.length > 0 && hasNames(items(fresh, resolve), resolve, seen)
}
