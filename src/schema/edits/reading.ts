import type { SchemaNode } from '../snapshot/node.js'
import { stepTo } from '../snapshot/walk.js'
import { alternativesOf, mergedObject } from './alternatives.js'
import { readUnion } from './choices.js'
import { readList, readMap, readSet } from './collections.js'
import { type Comparison, changes, eitherOr, FITS, type Fit, type Place, refuses, together } from './fit.js'
import { isLeaf, nameOf, nounOf, readLeaf } from './leaf.js'
import { readAny, readObject, readObjectAsRecord, readRecord, readRecordAsObject } from './objects.js'
import { positionOf } from './positions.js'
import { isOpaque } from './revive.js'

/** Two sets of keys that are compared: of one schema each. */
export interface Sides {
  readonly written: Readonly<Record<string, SchemaNode>>
  readonly reading: Readonly<Record<string, SchemaNode>>
  readonly hashed: boolean
}

/** How what one schema stored under a key fares with another. */
export function comparisonOf({ written, reading, hashed }: Sides): (key: string) => Fit {
  const writtenNode = resolver(written)
  const readingNode = resolver(reading)
  /** Pairs that are being compared: a recursive schema fits if nothing else speaks against it. */
  const open = new Map<SchemaNode, Set<SchemaNode>>()
  const by: Comparison = { hashed, read, writtenNode, readingNode }

  function read(before: SchemaNode, now: SchemaNode, place: Place): Fit {
    const [from, to] = [writtenNode(before), readingNode(now)]
    const under = open.get(from) ?? new Set()
    if (under.has(to)) return FITS
    open.set(from, under.add(to))
    try {
      const same = sameBesideRefs(from, to)
      const alternatives = same ? [{ node: from, fuzzy: place.fuzzy }] : alternativesOf(from, writtenNode, place.fuzzy)
      const fits = alternatives.map(({ node, fuzzy }) =>
        same ? FITS : readBy(node, to, { ...place, fuzzy: place.fuzzy || fuzzy }),
      )
      const certain =
        alternatives.length > 1 && alternatives.some(({ fuzzy }) => fuzzy)
          ? fits.map((fit) => (fit.refuses === 'all' ? doubted(fit) : fit))
          : fits
      return together([eitherOr(certain), same ? FITS : opaque(from, to, place)])
    } finally {
      under.delete(to)
    }
  }

  /** A check that nobody can look into, and that the writer did not have. */
  function opaque(from: SchemaNode, to: SchemaNode, place: Place): Fit {
    const had = new Set((from.checks ?? []).map((check) => JSON.stringify(check)))
    const added = (to.checks ?? []).filter((check) => isOpaque(check) && !had.has(JSON.stringify(check)))
    if (added.length === 0) return FITS
    const rewrites = added.filter(({ check }) => check === 'overwrite' || check === 'custom')
    const unknown = refuses(
      place,
      'maybe',
      `a check that is code of the app is new or changed (${added.map(nameOf).join(', ')})`,
    )
    return rewrites.length > 0 ? { ...unknown, changes: 'maybe' } : unknown
  }

  function readBy(from: SchemaNode, to: SchemaNode, place: Place): Fit {
    const inner = () => (to.innerType ? read(from, to.innerType, place) : FITS)
    switch (to.type) {
      case 'nullable':
        return from.type === 'value' && from['value'] === null ? FITS : inner()
      case 'optional':
      case 'nonoptional':
      case 'default':
      case 'prefault':
      case 'readonly':
        return inner()
      case 'catch':
        return caught(inner(), place)
      case 'union':
        return readUnion(from, to, place, by)
      case 'any':
      case 'unknown':
        return JSON.stringify(from).includes('"transform":') && from.type !== 'value'
          ? together([
              readAny(place, by),
              changes(place, 'some', 'it is read as it was stored, and no longer as what the codec made of it'),
            ])
          : readAny(place, by)
      case 'intersection':
        return readIntersection(from, to, place)
      case 'pipe':
        return readPipe(from, to, place)
      case 'never':
      case 'undefined':
      case 'void':
        return refuses(place, 'all', `${nounOf(from)}, where nothing may be`)
      default:
        return readKind(from, to, place)
    }
  }

  function readKind(from: SchemaNode, to: SchemaNode, place: Place): Fit {
    if (from.type === 'pipe') return readStoredPipe(from, to, place)
    if (from.type === 'intersection') return readBoth(from, to, place)
    const turnsAll = to['coerce'] === true && (to.type === 'string' || to.type === 'boolean')
    if ((from.type === 'any' || from.type === 'unknown') && !turnsAll)
      return refuses(place, 'some', `anything but ${nounOf(to)}`)
    if (from.type === 'custom' || to.type === 'custom') return readCustom(from, to, place)
    if (isLeaf(to) && (isLeaf(from) || from.type === 'value')) return readLeaf(from, to, place)
    if (to['coerce'] === true)
      return together([
        refuses(place, 'maybe', 'what it is turned into'),
        changes(place, 'some', 'the schema turns them into something else'),
      ])
    const [a, b] = [from.type, to.type]
    if (a === 'object' && b === 'object') return readObject(from, to, place, by)
    if (a === 'object' && b === 'record') return readObjectAsRecord(from, to, place, by)
    if (a === 'record' && b === 'object') return readRecordAsObject(from, to, place, by)
    if (a === 'record' && b === 'record') return readRecord(from, to, place, by)
    if (LISTS.has(a) && LISTS.has(b)) return readList(from, to, place, by)
    if (a === 'set' && b === 'set') return readSet(from, to, place, by)
    if (a === 'map' && b === 'map') return readMap(from, to, place, by)
    // zod takes any object that has the keys for an object, a Date too.
    const isObject = ['date', 'map', 'set', 'file'].includes(a)
    if (
      b === 'object' &&
      isObject &&
      Object.keys(to.keys ?? {}).every((name) => to.absent?.[name] || INHERITED.has(name))
    )
      return together([
        refuses(place, 'maybe', `${nounOf(from)}, where an object is read`),
        changes(place, 'some', 'what is inside is not shown'),
      ])
    if (a === b)
      return JSON.stringify(from) === JSON.stringify(to)
        ? FITS
        : refuses(place, 'maybe', `nobody can look into ${nounOf(to)}`)
    return refuses(place, 'all', `${nounOf(from)}, where ${nounOf(to)} is read`)
  }

  function readCustom(from: SchemaNode, to: SchemaNode, place: Place): Fit {
    const isPrimitive = from.type === 'value' || (isLeaf(from) && from.type !== 'date')
    if (to.class !== undefined && isPrimitive)
      return refuses(place, 'all', `${nounOf(from)}, where ${nounOf(to)} is read`)
    const readsPrimitive = isLeaf(to) && to.type !== 'date' && to['coerce'] !== true
    if (from.class !== undefined && readsPrimitive)
      return refuses(place, 'all', `${nounOf(from)}, where ${nounOf(to)} is read`)
    return refuses(place, 'maybe', `${nounOf(to)} is code of the app, and is new or changed`)
  }

  function readPipe(from: SchemaNode, to: SchemaNode, place: Place): Fit {
    const way = (node: SchemaNode) => JSON.stringify([node.transform, node.reverseTransform])
    const { in: input = to, out: output = to } = to
    if (!to.transform)
      return from.type === 'pipe' && !from.transform
        ? together([read(from.in ?? from, input, place), read(from.out ?? from, output, place)])
        : together([read(from, input, place), read(from, output, place)])
    if (from.type !== 'pipe' || !from.transform)
      return together([
        read(from, input, place),
        refuses(place, 'maybe', 'a codec reads what was stored without one'),
        changes(place, 'maybe', 'a codec turns it into something else'),
      ])
    const stored = read(from.in ?? from, input, place)
    if (way(from) !== way(to))
      return together([
        stored,
        refuses(place, 'maybe', 'the codec is new or its code has changed'),
        changes(place, 'maybe', 'the codec may turn it into something else'),
      ])
    return together([stored, read(from.out ?? from, output, place)])
  }

  /** What a codec stored, read without that codec. */
  function readStoredPipe(from: SchemaNode, to: SchemaNode, place: Place): Fit {
    if (!from.transform)
      return readBoth({ ...from, left: from.in as SchemaNode, right: from.out as SchemaNode }, to, place)
    // Only what its encode gives is stored, which may be less than its input side accepts.
    const stored = read(from.in ?? from, to, { ...place, fuzzy: true })
    return stored.refuses === 'all'
      ? stored
      : together([
          stored,
          changes(place, 'some', 'it is read as it was stored, and no longer as what the codec made of it'),
        ])
  }

  /** A value that fits two schemas at once. */
  function readBoth(from: SchemaNode, to: SchemaNode, place: Place): Fit {
    const fits = [from.left, from.right].flatMap((side) => (side ? [read(side, to, { ...place, fuzzy: true })] : []))
    const whole = fits.find((fit) => fit.refuses === 'none' && fit.changes === 'none')
    if (whole) return whole
    const never = fits.find((fit) => fit.refuses === 'all')
    return never ?? refuses(place, 'maybe', 'nobody can say which values fit both sides of an intersection or pipe')
  }

  function readIntersection(from: SchemaNode, to: SchemaNode, place: Place): Fit {
    const merged = mergedObject(to, readingNode)
    if (merged) return readBy(from, merged, place)
    const fits = [to.left, to.right].flatMap((side) => (side ? [read(from, side, place)] : []))
    const both = together(fits)
    return both.changes === 'none'
      ? both
      : together([both, refuses(place, 'maybe', 'the sides of an intersection may read it differently')])
  }

  return (key) => {
    const [before, now] = [written[key], reading[key]]
    if (!before || !now) return FITS
    const place: Place = {
      path: key,
      written: positionOf([before], writtenNode),
      reading: positionOf([now], readingNode),
      fuzzy: false,
    }
    return read(before, now, place)
  }
}

const LISTS = new Set(['array', 'tuple'])
/** What a Date, Map or Set has without being given it. */
const INHERITED = new Set(['size', 'constructor', 'toString', 'valueOf', 'name', 'type'])

function caught(fit: Fit, place: Place): Fit {
  if (fit.refuses === 'none') return fit
  const how = fit.refuses === 'maybe' ? 'maybe' : 'some'
  return together([
    { ...FITS, changes: fit.changes },
    changes(place, how, 'what no longer fits is replaced by the value of `catch`'),
  ])
}

/** Whether such a value was ever stored, a check decides. */
function doubted(fit: Fit): Fit {
  return {
    ...fit,
    refuses: 'maybe',
    notes: fit.notes.map((note) => ({ ...note, level: note.level === 'breaking' ? 'undecided' : note.level })),
  }
}

/** Two schemas that say the same and do not depend on what is around them. */
function sameBesideRefs(a: SchemaNode, b: SchemaNode): boolean {
  const text = JSON.stringify(a)
  return !text.includes('"type":"ref"') && text === JSON.stringify(b)
}

/** What a `ref` stands for: the schema at its path. */
function resolver(keys: Readonly<Record<string, SchemaNode>>): (node: SchemaNode) => SchemaNode {
  const places = new Map<string, SchemaNode>()
  for (const [key, node] of Object.entries(keys)) addPlaces(node, key, places)
  return (node) => {
    let found = node
    for (let hops = 0; found.type === 'ref' && hops < 100; hops++)
      found = places.get(found.to ?? '') ?? { type: 'unknown' }
    return found
  }
}

/** Paths as `nodeOf` makes them. */
function addPlaces(node: SchemaNode, path: string, places: Map<string, SchemaNode>): void {
  if (node.type === 'ref') return
  places.set(path, node)
  for (const [name, part] of Object.entries(node)) {
    if (typeof part !== 'object' || part === null || name === 'default' || name === 'values' || name === 'checks')
      continue
    if (name === 'keys')
      for (const [key, below] of Object.entries(part as object))
        addPlaces(below as SchemaNode, `${path}.${key}`, places)
    else if (Array.isArray(part))
      (part as unknown[]).forEach((each, i) => isNode(each) && addPlaces(each, path + stepTo(name) + i, places))
    else if (isNode(part)) addPlaces(part, path + stepTo(name), places)
  }
}

function isNode(part: unknown): part is SchemaNode {
  return typeof part === 'object' && part !== null && typeof (part as { readonly type?: unknown }).type === 'string'
}
