import type { SchemaNode } from '../snapshot/node.js'
import { atMostSome, type Comparison, FITS, type Fit, type Place, refuses, together } from './fit.js'
import { ARRAY_LENGTHS, highest, lowest, SIZES } from './implied.js'
import { items as itemsAt, NOWHERE } from './positions.js'

/** An array or a tuple read as an array or a tuple. */
export function readList(written: SchemaNode, reading: SchemaNode, place: Place, by: Comparison): Fit {
  const at = (step: string): Place => ({
    ...place,
    path: place.path + step,
    written: itemsAt(place.written, by.writtenNode),
    reading: itemsAt(place.reading, by.readingNode),
  })
  const from = lengthsOf(written, by.writtenNode)
  const to = lengthsOf(reading, by.readingNode)
  const fits: Fit[] = []
  if (from.most < to.least || from.least > to.most)
    fits.push(refuses(place, 'all', `lists of another length: ${range(to)}`))
  else if (from.least < to.least || from.most > to.most)
    fits.push(refuses(place, 'some', `lists of another length: ${range(to)}`))
  const count = Math.max(written.items?.length ?? 0, reading.items?.length ?? 0)
  for (let i = 0; i < count; i++) {
    const [before, now] = [itemOf(written, i), itemOf(reading, i)]
    if (!before || !now) continue
    const fit = by.read(before, now, at(`[${i}]`))
    fits.push(i < from.least ? fit : atMostSome(fit))
  }
  const [rest, next] = [written.rest ?? written.element, reading.rest ?? reading.element]
  if (rest && next) {
    const fit = by.read(rest, next, at('[]'))
    fits.push(from.least > count ? fit : atMostSome(fit))
  }
  return together(fits)
}

function itemOf(node: SchemaNode, index: number): SchemaNode | undefined {
  return node.items?.[index] ?? node.rest ?? node.element
}

interface Lengths {
  readonly least: number
  readonly most: number
}

function lengthsOf(node: SchemaNode, resolve: (node: SchemaNode) => SchemaNode): Lengths {
  const checks = node.checks ?? []
  const [least, most] = [lowest(checks, ARRAY_LENGTHS), highest(checks, ARRAY_LENGTHS)]
  if (node.type === 'array') return { least, most }
  const items = node.items ?? []
  const needed =
    items.findLastIndex((item) => !['optional', 'default', 'prefault', 'catch'].includes(resolve(item).type)) + 1
  return { least: Math.max(least, needed), most: Math.min(most, node.rest ? Number.POSITIVE_INFINITY : items.length) }
}

function range({ least, most }: Lengths): string {
  return most === Number.POSITIVE_INFINITY ? `${least} or more` : least === most ? `${least}` : `${least} to ${most}`
}

export function readSet(written: SchemaNode, reading: SchemaNode, place: Place, by: Comparison): Fit {
  const at: Place = { ...place, path: `${place.path}[]`, written: NOWHERE, reading: NOWHERE }
  return together([sizes(written, reading, place), part(written.valueType, reading.valueType, at, written, by)])
}

export function readMap(written: SchemaNode, reading: SchemaNode, place: Place, by: Comparison): Fit {
  const at: Place = { ...place, path: `${place.path}{}`, written: NOWHERE, reading: NOWHERE }
  return together([
    sizes(written, reading, place),
    part(written.keyType, reading.keyType, at, written, by),
    part(written.valueType, reading.valueType, at, written, by),
  ])
}

function part(
  written: SchemaNode | undefined,
  reading: SchemaNode | undefined,
  at: Place,
  whole: SchemaNode,
  by: Comparison,
): Fit {
  if (!written || !reading) return FITS
  const fit = by.read(written, reading, at)
  return lowest(whole.checks ?? [], SIZES) > 0 ? fit : atMostSome(fit)
}

function sizes(written: SchemaNode, reading: SchemaNode, place: Place): Fit {
  const [from, to] = [written, reading].map(({ checks = [] }) => ({
    least: lowest(checks, SIZES),
    most: highest(checks, SIZES),
  })) as [Lengths, Lengths]
  if (from.most < to.least || from.least > to.most)
    return refuses(place, 'all', `collections of another size: ${range(to)}`)
  return from.least < to.least || from.most > to.most
    ? refuses(place, 'some', `collections of another size: ${range(to)}`)
    : FITS
}
