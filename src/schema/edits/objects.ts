import type { SchemaNode } from '../snapshot/node.js'
import { atMostSome, type Comparison, changes, FITS, type Fit, type Place, refuses, together } from './fit.js'
import { belowKey, hasNames, NOWHERE, namesAt } from './positions.js'

/** An object read as an object: key by key. */
export function readObject(written: SchemaNode, reading: SchemaNode, place: Place, by: Comparison): Fit {
  const has = written.keys ?? {}
  const wants = reading.keys ?? {}
  const fits: Fit[] = []
  for (const [name, node] of Object.entries(wants)) {
    const at = below(place, name, by)
    const before = has[name]
    if (before) fits.push(readKey(written, name, before, reading, node, at, by))
    else fits.push(readNewKey(written, name, reading, at))
  }
  const dropped = Object.keys(has).filter((name) => !Object.hasOwn(wants, name))
  for (const name of dropped) fits.push(readUnknown(written, name, reading, below(place, name, by), place, by))
  fits.push(readOthers(written, reading, place, by))
  return together(fits)
}

function readKey(
  written: SchemaNode,
  name: string,
  before: SchemaNode,
  reading: SchemaNode,
  node: SchemaNode,
  at: Place,
  by: Comparison,
): Fit {
  const fit = by.read(before, node, at)
  if (!mayLack(written, name)) return fit
  const rest = atMostSome(fit)
  return reading.absent?.[name]
    ? rest
    : together([rest, refuses(at, 'some', 'those without this key, which is required')])
}

function readNewKey(written: SchemaNode, name: string, reading: SchemaNode, at: Place): Fit {
  if (!reading.absent?.[name])
    return refuses(
      at,
      written.unknownKeys === 'strip' || written.unknownKeys === 'strict' ? 'all' : 'some',
      'this key is required, and none has it',
    )
  if (written.unknownKeys === 'strip' || written.unknownKeys === 'strict') return FITS
  return refuses(at, 'maybe', 'an object that takes any key may hold something else under this name')
}

/** A key that is written and that the reader has no name for. */
function readUnknown(
  written: SchemaNode,
  name: string,
  reading: SchemaNode,
  at: Place,
  place: Place,
  by: Comparison,
): Fit {
  const { unknownKeys = 'strip' } = reading
  if (unknownKeys === 'strip') return changes(at, 'some', 'what is under this key is not shown')
  const fit =
    unknownKeys === 'strict'
      ? refuses(at, 'all', 'the object is strict and does not know this key')
      : isGarbled(name, place, by)
        ? refuses(at, 'some', 'the codec stored this key name as a hash, and nobody tells the reader what it is')
        : typeof unknownKeys === 'object'
          ? by.read((written.keys ?? {})[name] as SchemaNode, unknownKeys, { ...at, reading: NOWHERE })
          : readAny(at, by)
  return mayLack(written, name) ? atMostSome(fit) : fit
}

/** What an open object may hold beside its keys. */
function readOthers(written: SchemaNode, reading: SchemaNode, place: Place, by: Comparison): Fit {
  const from = written.unknownKeys ?? 'strip'
  const to = reading.unknownKeys ?? 'strip'
  if (from === 'strip' || from === 'strict' || to === 'loose') return FITS
  if (to === 'strip') return changes(place, 'some', 'keys without a name in the schema are not shown')
  if (to === 'strict') return refuses(place, 'some', 'keys without a name in the schema')
  const others = { ...place, path: `${place.path}{}`, written: NOWHERE, reading: NOWHERE }
  return atMostSome(by.read(from === 'loose' ? { type: 'unknown' } : from, to, others))
}

/** An object with known keys read as a record. */
export function readObjectAsRecord(written: SchemaNode, reading: SchemaNode, place: Place, by: Comparison): Fit {
  const fits: Fit[] = []
  const garbled = Object.keys(written.keys ?? {}).filter((name) => isGarbled(name, place, by))
  if (garbled.length > 0)
    fits.push(
      refuses(
        place,
        'some',
        'the codec stored the names of its keys as hashes, and a record does not know which names they are',
      ),
    )
  for (const [name, node] of Object.entries(written.keys ?? {})) {
    const at = { ...below(place, name, by), reading: NOWHERE }
    const keyed = reading.keyType ? by.read({ type: 'value', value: name }, reading.keyType, at) : FITS
    const fit = together([
      reading['mode'] === 'loose' ? FITS : keyed,
      reading.valueType ? by.read(node, reading.valueType, at) : FITS,
    ])
    fits.push(mayLack(written, name) ? atMostSome(fit) : fit)
  }
  const needed = reading['partial'] === true ? [] : (finiteKeys(reading, by) ?? [])
  for (const name of needed)
    if (!Object.hasOwn(written.keys ?? {}, name) || mayLack(written, name))
      fits.push(refuses(place, 'maybe', `the record wants the key ${name}`))
  if (written.unknownKeys !== 'strip' && written.unknownKeys !== 'strict')
    fits.push(refuses(place, 'maybe', 'what is under other keys'))
  return together(fits)
}

/** A record read as an object. */
export function readRecordAsObject(written: SchemaNode, reading: SchemaNode, place: Place, by: Comparison): Fit {
  const fits: Fit[] = []
  const fixed = finiteKeys(written, by)
  const has = (name: string) => fixed?.includes(name) === true && written['partial'] !== true
  for (const [name, node] of Object.entries(reading.keys ?? {})) {
    const at = { ...below(place, name, by), written: NOWHERE }
    if (!reading.absent?.[name] && !has(name))
      fits.push(
        refuses(
          at,
          fixed && !fixed.includes(name) ? 'all' : 'some',
          'this key is required, and a record need not have it',
        ),
      )
    if (written.valueType && (!fixed || fixed.includes(name)))
      fits.push(atMostSome(by.read(written.valueType, node, at)))
  }
  const others = fixed?.filter((name) => !Object.hasOwn(reading.keys ?? {}, name))
  const { unknownKeys = 'strip' } = reading
  if (others?.length === 0) return together(fits)
  if (unknownKeys === 'strip') fits.push(changes(place, 'some', 'what is under other keys is not shown'))
  else if (unknownKeys === 'strict') fits.push(refuses(place, 'some', 'keys that the object does not know'))
  else if (typeof unknownKeys === 'object' && written.valueType)
    fits.push(atMostSome(by.read(written.valueType, unknownKeys, { ...place, written: NOWHERE, reading: NOWHERE })))
  return together(fits)
}

export function readRecord(written: SchemaNode, reading: SchemaNode, place: Place, by: Comparison): Fit {
  const at: Place = { ...place, path: `${place.path}{}`, written: NOWHERE, reading: NOWHERE }
  const fits: Fit[] = []
  const [from, to] = [finiteKeys(written, by), finiteKeys(reading, by)]
  const isLoose = reading['mode'] === 'loose'
  if (to && reading['partial'] !== true) {
    const lacking = to.filter((name) => !from?.includes(name))
    const isOptional =
      reading.valueType !== undefined &&
      by.read({ type: 'undefined' }, reading.valueType, at).refuses === 'none' &&
      acceptsNothing(reading.valueType, by)
    if (lacking.length > 0 && !isOptional)
      fits.push(refuses(place, from ? 'all' : 'some', `the record wants the key ${lacking.join(', ')}`))
    else if (from && written['partial'] === true && !isOptional)
      fits.push(refuses(place, 'some', 'those that lack a key, and the record wants all'))
  }
  if (to && !isLoose) {
    const extra = from ? from.filter((name) => !to.includes(name)) : ['any other']
    if (extra.length > 0)
      fits.push(refuses(place, from && written['partial'] !== true ? 'all' : 'some', `the key ${extra.join(', ')}`))
  } else if (
    !isLoose &&
    written.keyType &&
    reading.keyType &&
    JSON.stringify(written.keyType) !== JSON.stringify(reading.keyType)
  ) {
    const isText =
      by.readingNode(reading.keyType).type === 'string' && by.writtenNode(written.keyType).type === 'number'
    if (!isText) fits.push(atMostSome(by.read(written.keyType, reading.keyType, at)))
    else if ((by.readingNode(reading.keyType).checks ?? []).length > 0)
      fits.push(refuses(at, 'maybe', 'the names of keys'))
  }
  if (written['mode'] === 'loose' && !isLoose) fits.push(refuses(place, 'some', 'keys of another kind'))
  if (written.valueType && reading.valueType) {
    const fit = by.read(written.valueType, reading.valueType, at)
    fits.push(from && written['partial'] !== true ? fit : atMostSome(fit))
  }
  return together(fits)
}

/** The keys of a record that may have these and no others. */
function finiteKeys(record: SchemaNode, by: Comparison): string[] | undefined {
  const node = record.keyType && by.readingNode(by.writtenNode(record.keyType))
  return node?.type === 'enum' || node?.type === 'literal' ? (node.values ?? []).map(String) : undefined
}

function acceptsNothing(node: SchemaNode, by: Comparison): boolean {
  const { type, innerType, options } = by.readingNode(node)
  if (['optional', 'undefined', 'default', 'prefault', 'catch', 'any', 'unknown', 'void'].includes(type)) return true
  if (type === 'nullable' || type === 'readonly') return innerType !== undefined && acceptsNothing(innerType, by)
  return type === 'union' && (options ?? []).some((option) => acceptsNothing(option, by))
}

/** What becomes of a value where anything is read. */
export function readAny(place: Place, by: Comparison): Fit {
  if (by.hashed && hasNames(place.written, by.writtenNode))
    return refuses(
      place,
      'some',
      'the codec stored the names of known keys as hashes, and this schema does not know which names they are',
    )
  return FITS
}

function isGarbled(name: string, place: Place, by: Comparison): boolean {
  return by.hashed && namesAt(place.written).has(name) && !namesAt(place.reading).has(name)
}

/** Whether a stored object may be without the key. */
function mayLack(written: SchemaNode, name: string): boolean {
  const without = written.absent?.[name]
  return without === 'absent' || (without === 'filled' && written.keys?.[name]?.type === 'optional')
}

function below(place: Place, name: string, by: Comparison): Place {
  return {
    ...place,
    path: place.path === '' ? name : `${place.path}.${name}`,
    written: belowKey(place.written, name, by.writtenNode),
    reading: belowKey(place.reading, name, by.readingNode),
  }
}
