import type { CheckNode, ValueNode } from '../snapshot/node.js'
import { valueIn } from './revive.js'

/** Whether every value that passes `has` passes `check` too. False where that is not known. */
export function impliedBy(check: CheckNode, has: readonly CheckNode[]): boolean {
  const same = JSON.stringify(check)
  if (has.some((other) => JSON.stringify(other) === same)) return true
  switch (check.check) {
    case 'min_length':
      return lowest(has, LENGTHS) >= Number(check['minimum'])
    case 'max_length':
      return highest(has, LENGTHS) <= Number(check['maximum'])
    case 'length_equals':
      return lowest(has, LENGTHS) === Number(check['length']) && highest(has, LENGTHS) === Number(check['length'])
    case 'min_size':
      return lowest(has, SIZES) >= Number(check['minimum'])
    case 'max_size':
      return highest(has, SIZES) <= Number(check['maximum'])
    case 'size_equals':
      return lowest(has, SIZES) === Number(check['size']) && highest(has, SIZES) === Number(check['size'])
    case 'greater_than':
    case 'less_than':
      return isBounded(check, has)
    case 'multiple_of':
      return (
        has.some((other) => other.check === 'multiple_of' && divides(check['value'], other['value'])) ||
        (check['value'] === 1 && isInt(has))
      )
    case 'number_format':
    case 'bigint_format':
      return isWithinFormat(check, has)
    case 'string_format':
      return has.some((other) => other.check === 'string_format' && isPartOf(other, check))
    default:
      return false
  }
}

interface Measure {
  readonly least: string
  readonly most: string
  readonly exactly: string
  readonly field: string
  readonly isText: boolean
}
const LENGTHS: Measure = {
  least: 'min_length',
  most: 'max_length',
  exactly: 'length_equals',
  field: 'length',
  isText: true,
}
export const ARRAY_LENGTHS: Measure = { ...LENGTHS, isText: false }
export const SIZES: Measure = {
  least: 'min_size',
  most: 'max_size',
  exactly: 'size_equals',
  field: 'size',
  isText: false,
}

/** How long texts of a format are. */
const FIXED: Readonly<Record<string, readonly [number, number]>> = {
  uuid: [36, 36],
  guid: [36, 36],
  ulid: [26, 26],
  xid: [20, 20],
  ksuid: [27, 27],
  nanoid: [21, 21],
  date: [10, 10],
  ipv4: [7, 15],
  email: [6, Number.POSITIVE_INFINITY],
  e164: [8, 16],
}

export function lowest(checks: readonly CheckNode[], { least, exactly, field, isText }: Measure): number {
  return Math.max(
    0,
    ...checks.filter(({ check }) => check === least).map((check) => Number(check['minimum'])),
    ...checks.filter(({ check }) => check === exactly).map((check) => Number(check[field])),
    ...(isText ? checks.map((check) => FIXED[formatOf(check)]?.[0] ?? affixOf(check)) : []),
  )
}

export function highest(checks: readonly CheckNode[], { most, exactly, field, isText }: Measure): number {
  return Math.min(
    Number.POSITIVE_INFINITY,
    ...checks.filter(({ check }) => check === most).map((check) => Number(check['maximum'])),
    ...checks.filter(({ check }) => check === exactly).map((check) => Number(check[field])),
    ...(isText ? checks.map((check) => FIXED[formatOf(check)]?.[1] ?? Number.POSITIVE_INFINITY) : []),
  )
}

function formatOf(check: CheckNode): string {
  // A pattern of the app's own has any length.
  return check.check === 'string_format' && check['code'] === undefined ? String(check['format']) : ''
}

function affixOf(check: CheckNode): number {
  const text = [check['prefix'], check['suffix'], check['includes']].find((each) => typeof each === 'string')
  return check.check === 'string_format' && typeof text === 'string' ? Array.from(text).length : 0
}

type Comparable = number | bigint

function comparable(node: unknown): Comparable | undefined {
  const value = valueIn(node as ValueNode)
  if (value instanceof Date) return value.getTime()
  return typeof value === 'number' || typeof value === 'bigint' ? value : undefined
}

/** The bounds that formats of numbers have. */
const RANGES: Readonly<Record<string, readonly [Comparable, Comparable]>> = {
  safeint: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
  float32: [-3.4028234663852886e38, 3.4028234663852886e38],
  float64: [-Number.MAX_VALUE, Number.MAX_VALUE],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
}

interface Bound {
  readonly at: Comparable
  readonly inclusive: boolean
}

function boundsOf(has: readonly CheckNode[], side: 'greater_than' | 'less_than'): Bound[] {
  const whole = isInt(has)
  return has.flatMap((check): Bound[] => {
    const range = RANGES[String(check['format'])]
    if ((check.check === 'number_format' || check.check === 'bigint_format') && range)
      return [{ at: range[side === 'greater_than' ? 0 : 1], inclusive: true }]
    const at = check.check === side ? comparable(check['value']) : undefined
    if (at === undefined) return []
    const inclusive = check['inclusive'] === true
    if (typeof at === 'bigint')
      return [{ at: inclusive ? at : side === 'greater_than' ? at + 1n : at - 1n, inclusive: true }]
    if (!whole) return [{ at, inclusive }]
    const up = inclusive ? Math.ceil(at) : Math.floor(at) + 1
    const down = inclusive ? Math.floor(at) : Math.ceil(at) - 1
    return [{ at: side === 'greater_than' ? up : down, inclusive: true }]
  })
}

function isBounded(check: CheckNode, has: readonly CheckNode[]): boolean {
  const wanted = comparable(check['value'])
  if (wanted === undefined) return false
  const side = check.check as 'greater_than' | 'less_than'
  return boundsOf(has, side).some(({ at, inclusive }) => {
    const beyond = side === 'greater_than' ? at > wanted : at < wanted
    // biome-ignore lint/suspicious/noDoubleEquals: a bigint and a number of one value are equal here
    return beyond || (at == wanted && (check['inclusive'] === true || !inclusive))
  })
}

function isInt(has: readonly CheckNode[]): boolean {
  return has.some(
    (check) =>
      (check.check === 'number_format' && String(check['format']).includes('int')) ||
      (check.check === 'multiple_of' && typeof check['value'] === 'number' && Number.isInteger(check['value'])),
  )
}

function divides(part: unknown, whole: unknown): boolean {
  const [a, b] = [comparable(part), comparable(whole)]
  if (typeof a === 'bigint' && typeof b === 'bigint') return a !== 0n && b % a === 0n
  return Number.isInteger(a) && Number.isInteger(b) && a !== 0 && Number(b) % Number(a) === 0
}

function isWithinFormat(check: CheckNode, has: readonly CheckNode[]): boolean {
  const format = String(check['format'])
  const range = RANGES[format]
  if (!range) return false
  if (format === 'float64') return true
  if (format.includes('int') && check.check === 'number_format' && !isInt(has)) return false
  const [low, high] = range
  const inside = (name: 'greater_than' | 'less_than', value: Comparable) =>
    boundsOf(has, name).some(({ at }) => (name === 'greater_than' ? at >= value : at <= value))
  return inside('greater_than', low) && inside('less_than', high)
}

/** Whether all texts of one format are texts of another. */
function isPartOf(narrow: CheckNode, wide: CheckNode): boolean {
  const [from, to] = [String(narrow['format']), String(wide['format'])]
  if (narrow['code'] !== undefined || wide['code'] !== undefined) return false
  if (from === 'uuid' && (to === 'guid' || (to === 'uuid' && wide['version'] === undefined))) return true
  if (from === 'url' && to === 'url')
    return (
      ['hostname', 'protocol'].every(
        (part) => wide[part] === undefined || JSON.stringify(wide[part]) === JSON.stringify(narrow[part]),
      ) &&
      (wide['normalize'] === undefined || wide['normalize'] === narrow['normalize'])
    )
  if (from === 'datetime' && to === 'datetime')
    return ['offset', 'local'].every((flag) => wide[flag] === true || narrow[flag] !== true) && isPrecise(narrow, wide)
  if (from === 'time' && to === 'time') return isPrecise(narrow, wide)
  if (from === 'jwt' && to === 'jwt') return wide['alg'] === undefined
  const inside = (name: string, test: (outer: string, inner: string) => boolean) =>
    from === to &&
    typeof narrow[name] === 'string' &&
    typeof wide[name] === 'string' &&
    test(String(narrow[name]), String(wide[name]))
  if (from === 'starts_with')
    return inside('prefix', (has, wants) => has.startsWith(wants)) || holdsText(narrow['prefix'], wide)
  if (from === 'ends_with')
    return inside('suffix', (has, wants) => has.endsWith(wants)) || holdsText(narrow['suffix'], wide)
  return from === 'includes' && holdsText(narrow['includes'], wide)
}

function holdsText(text: unknown, wide: CheckNode): boolean {
  return (
    wide['format'] === 'includes' &&
    wide['position'] === undefined &&
    typeof text === 'string' &&
    text.includes(String(wide['includes']))
  )
}

function isPrecise(narrow: CheckNode, wide: CheckNode): boolean {
  // zod leaves seconds out only where no precision is asked for, or with -1.
  return wide['precision'] === undefined || narrow['precision'] === wide['precision']
}
