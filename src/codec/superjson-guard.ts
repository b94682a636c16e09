import { isRecord } from '../core/value.js'
import { MAX_DEPTH } from './refusals.js'

/** What `superjson()` lets superjson annotate. Left out: `typed-array`, `bigint`, `Error`, `class`, `symbol`. */
const allowed = new Set<unknown>(['undefined', 'Date', 'regexp', 'set', 'map', 'number', 'URL'])

/** A Map takes three path segments for a level (entry, key or value, and the position of the Map itself). */
const MAX_SEGMENTS = 4 * MAX_DEPTH

/**
 * Throws unless the payload is one that `superjson()` could have written. superjson trusts its annotations: 70 bytes with a
 * typed array of a billion elements allocate a gigabyte, a million digits of a BigInt take a quarter of a second, and a path
 * into a Set that already is one costs a search through it, so that many of them take quadratic time.
 */
export function checkPayload(payload: unknown, custom: string): void {
  if (!isRecord(payload) || !('json' in payload)) throw new TypeError('not a superjson payload')
  const { meta } = payload
  if (meta === undefined) return
  if (!isRecord(meta) || meta['v'] !== 1 || meta['referentialEqualities'] !== undefined) {
    throw new TypeError('a superjson payload with an unknown meta')
  }
  if (meta['values'] !== undefined) checkTree(meta['values'], custom, 0)
}

function checkTree(tree: unknown, custom: string, depth: number): void {
  if (depth > MAX_SEGMENTS) throw new TypeError('a superjson payload nested too deeply')
  if (!Array.isArray(tree)) return checkChildren(tree, custom, depth)
  const [type, children] = tree as unknown[]
  const isCustom = Array.isArray(type) && type.length === 2 && type[0] === 'custom' && type[1] === custom
  if (!isCustom && !allowed.has(type)) throw new TypeError('a superjson payload with an unknown annotation')
  if (children === undefined) return
  if (type !== 'set' && type !== 'map') throw new TypeError('a superjson payload with annotations inside a leaf')
  checkChildren(children, custom, depth)
}

function checkChildren(children: unknown, custom: string, depth: number): void {
  if (!isRecord(children)) throw new TypeError('a superjson payload with an unknown annotation')
  const paths = Object.keys(children)
  const containers = new Set(paths.filter((path) => Array.isArray(children[path])))
  for (const path of paths) {
    checkPath(path, containers)
    checkTree(children[path], custom, depth + 1)
  }
}

/** superjson nests the annotations inside a Set or Map under it; a path that reaches into one from outside is not its own. */
function checkPath(path: string, containers: ReadonlySet<string>): void {
  let segments = 1
  for (let i = 0; i < path.length; i++) {
    if (path[i] === '\\') i++
    else if (path[i] === '.') {
      if (++segments > MAX_SEGMENTS) throw new TypeError('a superjson payload nested too deeply')
      if (containers.has(path.slice(0, i))) throw new TypeError('a superjson payload with overlapping annotations')
    }
  }
}
