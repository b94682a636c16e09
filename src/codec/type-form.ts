import { isRecord } from '../core/value.js'
import { MAX_DEPTH } from './refusals.js'
import { isTypeName, type TypeLookup, typeNamed } from './type-lookup.js'

const KEY = '$type'

/** An instance of a registered class as JSON: `{"$type": "Money", "value": [250, "EUR"]}`. */
export function toForm(name: string, plain: unknown): unknown {
  return { [KEY]: name, value: plain }
}

/** An object of the user that has a key `$type` itself is wrapped, under the one name that no type can have: the empty one. */
export function escapeForm(value: Readonly<Record<string, unknown>>): unknown {
  return Object.hasOwn(value, KEY) ? toForm('', value) : value
}

/**
 * Turns the forms in freshly parsed JSON into what they stand for, in place, and refuses what the writer never writes: levels
 * over its limit, -0, and a number too large for JSON (`1e999`). An object that has `$type` but is no form comes from a record
 * written before there were any: it stays as it is.
 * @param depth the level as the writer counts them
 * @throws MisdeployError when a type is not registered
 */
export function reviveForms(value: unknown, types: TypeLookup | undefined, depth = 0): unknown {
  if (typeof value === 'number') return checkNumber(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth > MAX_DEPTH) throw new TypeError('JSON nested too deeply')
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = reviveForms(value[i], types, depth + 1)
    return value
  }
  const object = value as Record<string, unknown>
  if (!isForm(object)) return reviveInside(object, types, depth)
  // An escape is no level: what it holds is no form, so that escapes cannot nest without one.
  if (object[KEY] === '' && isRecord(object['value'])) return reviveInside(object['value'], types, depth)
  reviveInside(object, types, depth)
  return isTypeName(object[KEY]) ? typeNamed(types, object[KEY]).decode(object['value']) : object
}

function checkNumber(value: number): number {
  if (value - value !== 0 || (value === 0 && 1 / value < 0)) throw new TypeError('JSON with a number it cannot write')
  return value
}

function reviveInside(object: Record<string, unknown>, types: TypeLookup | undefined, depth: number): unknown {
  for (const key of Object.keys(object)) {
    // JSON.parse makes it an own property, which the next Object.assign turns into a prototype.
    if (key === '__proto__') throw new TypeError('JSON with the object key `__proto__`')
    object[key] = reviveForms(object[key], types, depth + 1)
  }
  return object
}

function isForm(object: Record<string, unknown>): boolean {
  return Object.hasOwn(object, KEY) && Object.hasOwn(object, 'value') && Object.keys(object).length === 2
}
