import * as z from 'zod/v4/core'
import type { CheckNode, SchemaNode, ValueNode } from '../snapshot/node.js'
import { changes, FITS, type Fit, type Place, refuses, together } from './fit.js'
import { impliedBy } from './implied.js'
import { revive, valueIn } from './revive.js'
import { samplesOf } from './samples.js'

/** The kinds of values that are not made of others. */
const KIND: Readonly<Record<string, string>> = {
  string: 'string',
  template_literal: 'string',
  number: 'number',
  bigint: 'bigint',
  date: 'date',
  boolean: 'boolean',
  nan: 'nan',
}

export function isLeaf(node: SchemaNode): boolean {
  return revive(node) !== undefined
}

/** A leaf, or one value (`{ type: 'value' }`), read by a leaf. */
export function readLeaf(written: SchemaNode, reading: SchemaNode, place: Place): Fit {
  if (written.type === 'value') return readValue(valueIn(written['value'] as ValueNode), reading, place)
  const kind = KIND[written.type]
  if (kind === undefined) return refuses(place, 'all', `${nounOf(written)}, where ${nounOf(reading)} is read`)
  const reader = revive(reading)
  const writer = revive(written)
  if (!reader || !writer) return refuses(place, 'maybe', `${nounOf(written)}, where ${nounOf(reading)} is read`)
  const isKind = kindsOf(reading).includes(kind)
  if (!isKind && reading['coerce'] !== true)
    return refuses(place, 'all', `${nounOf(written)}, where ${nounOf(reading)} is read`)
  const outcomes = samplesOf(kind, written, reading)
    .filter((value) => isFixed(writer, value))
    .map((value) => outcomeOf(reader, value))
  const open = isKind ? unproven(written, reading) : ['what it is turned into']
  const refused = outcomes.some((outcome) => outcome === 'refused')
  const changed = outcomes.some((outcome) => outcome === 'changed')
  const fits: Fit[] = []
  if (refused) fits.push(refuses(place, 'some', describeLoss(written, reading, open)))
  else if (open.length > 0) fits.push(refuses(place, 'maybe', `nobody can say whether all fit ${open.join(', ')}`))
  if (changed)
    fits.push(
      changes(place, place.fuzzy ? 'maybe' : 'some', `the schema rewrites some of them (${rewritesOf(reading)})`),
    )
  return fits.length === 0 ? FITS : together(fits)
}

function readValue(value: unknown, reading: SchemaNode, place: Place): Fit {
  const reader = revive(reading)
  const outcome = reader ? outcomeOf(reader, value) : 'refused'
  if (outcome === 'refused')
    return refuses(
      place,
      'all',
      `${JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? `${each}n` : each))}, where ${nounOf(reading)} is read`,
    )
  return outcome === 'changed'
    ? changes(place, 'some', `the schema rewrites some of them (${rewritesOf(reading)})`)
    : FITS
}

/** Whether a schema accepts a value and leaves it as it is; only such values are stored. */
function isFixed(schema: z.$ZodType, value: unknown): boolean {
  return outcomeOf(schema, value) === 'kept'
}

function outcomeOf(schema: z.$ZodType, value: unknown): 'kept' | 'changed' | 'refused' {
  try {
    const result = z.safeParse(schema, value)
    if (!result.success) return 'refused'
    const { data } = result
    const same =
      Object.is(data, value) || (data instanceof Date && value instanceof Date && data.getTime() === value.getTime())
    return same ? 'kept' : 'changed'
  } catch {
    return 'refused'
  }
}

/** The checks of the reader that do not follow from those of the writer. */
function unproven(written: SchemaNode, reading: SchemaNode): string[] {
  if (reading.type === 'literal' || reading.type === 'enum') return ['one of its values']
  if (reading.type === 'template_literal')
    return JSON.stringify(written['pattern']) === JSON.stringify(reading['pattern']) ? [] : ['the template']
  const has = [...(written.checks ?? [])]
  return (reading.checks ?? []).filter((check) => !impliedBy(check, has)).map(nameOf)
}

function kindsOf(node: SchemaNode): string[] {
  const kind = KIND[node.type]
  if (kind !== undefined) return [kind]
  return (node.values ?? []).map((value) => typeof valueIn(value))
}

export function nameOf(check: CheckNode): string {
  const facts = Object.entries(check).filter(
    ([name]) => !['check', 'format', 'inclusive', 'pattern', 'code'].includes(name),
  )
  const { format } = check as { readonly format?: string }
  const pattern =
    format === 'regex' ? [JSON.stringify((check['pattern'] as { regex?: string } | undefined)?.regex)] : []
  return [format ?? check.check, ...facts.map(([, fact]) => JSON.stringify(fact)), ...pattern].join(' ')
}

function describeLoss(written: SchemaNode, reading: SchemaNode, open: readonly string[]): string {
  return open.length > 0
    ? `those that do not fit ${open.join(', ')}`
    : `${nounOf(written)}, where ${nounOf(reading)} is read`
}

function rewritesOf(reading: SchemaNode): string {
  const rewrites = (reading.checks ?? [])
    .filter(({ check }) => check === 'overwrite')
    .map((check) => String(check['tx']))
  return rewrites.join(', ') || 'coerce'
}

/** How messages call the values of a schema. */
export function nounOf(node: SchemaNode): string {
  if (node.type === 'value') return 'this value'
  if (node.type === 'literal' || node.type === 'enum')
    return (node.values ?? []).map((value) => JSON.stringify(value)).join(' | ')
  if (node.type === 'custom') return node.class ? `an instance of ${node.class}` : 'a custom value'
  return `${/^[aeiou]/.test(node.type) ? 'an' : 'a'} ${node.type.replaceAll('_', ' ')}`
}
