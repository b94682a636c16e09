import type { SchemaNode } from '../snapshot/node.js'
import { alternativesOf } from './alternatives.js'
import { type Comparison, changes, eitherOr, type Fit, type Place, refuses, together } from './fit.js'

/** One kind of value read by a union: its first option that accepts it, as zod does it. */
export function readUnion(written: SchemaNode, reading: SchemaNode, place: Place, by: Comparison): Fit {
  const options = reading.options ?? []
  const fits = options.map((option) => by.read(written, option, place)).filter((fit) => fit.refuses !== 'all')
  if (fits.length === 0) return refuses(place, 'all', 'no option of the union takes these')
  const isExclusive = reading['inclusive'] === false && reading['discriminator'] === undefined
  if (isExclusive && fits.length > 1)
    return refuses(place, 'maybe', 'more than one option takes these, and only one may')
  const whole = fits.findIndex((fit) => fit.refuses === 'none')
  if (whole >= 0) return accepted(fits.slice(0, whole + 1), place)
  if (fits.length === 1) return fits[0] as Fit
  const parts = split(written, by)
  if (parts) return eitherOr(parts.map((part) => readUnion(part, reading, place, by)))
  return refuses(place, 'maybe', 'nobody can say whether the options of the union together take all of these')
}

/** The last one takes everything; those before it come first for what they take. */
function accepted(fits: readonly Fit[], place: Place): Fit {
  const last = fits.at(-1) as Fit
  const earlier = fits.slice(0, -1).filter((fit) => fit.changes !== 'none')
  if (earlier.length === 0) return last
  return together([
    last,
    changes(place, 'maybe', 'an earlier option of the union may take these and show less of them'),
  ])
}

/** An object with one of a few values under a key, as an object for each value: unions are told apart by such a key. */
function split(written: SchemaNode, by: Comparison): SchemaNode[] | undefined {
  if (written.type !== 'object') return undefined
  for (const [name, node] of Object.entries(written.keys ?? {})) {
    const values = alternativesOf(node, by.writtenNode)
    const isFew =
      values.length > 1 && values.length <= 64 && values.every((value) => value.node.type === 'value' && !value.fuzzy)
    if (isFew)
      return values.map((value) => ({
        ...written,
        keys: { ...written.keys, [name]: { type: 'literal', values: [value.node['value'] as never] } },
      }))
  }
  return undefined
}
