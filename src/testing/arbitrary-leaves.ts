import type { Arbitrary } from 'fast-check'
import type * as z from 'zod'
import { fc } from './fast-check.js'

/** The parts of zod's checks that narrow an arbitrary. zod 4.6 leaves `_zod.bag` empty, so they are read from the checks. */
interface CheckDef {
  readonly check: string
  readonly value?: number | bigint | Date
  readonly inclusive?: boolean
  readonly minimum?: number
  readonly maximum?: number
  readonly length?: number
  readonly size?: number
  readonly format?: string
  readonly pattern?: RegExp
  readonly prefix?: string
  readonly suffix?: string
  readonly includes?: string
}

/** A format schema (`z.email()`, `z.int()`) is a check of itself. */
function checksOf(schema: z.core.$ZodType): CheckDef[] {
  const def = schema._zod.def as { checks?: readonly { _zod: { def: CheckDef } }[] } & Partial<CheckDef>
  const checks = (def.checks ?? []).map((check) => check._zod.def)
  return def.check === undefined ? checks : [def as CheckDef, ...checks]
}

/** Lower and upper bound of a size, a length, or a number of items. */
export function sizeOf(schema: z.core.$ZodType): { min: number; max: number } {
  let min = 0
  let max = Infinity
  for (const check of checksOf(schema)) {
    const exact = check.length ?? check.size
    if (check.check === 'length_equals' || check.check === 'size_equals') min = max = exact ?? 0
    else if (check.check === 'min_length' || check.check === 'min_size') min = Math.max(min, check.minimum ?? 0)
    else if (check.check === 'max_length' || check.check === 'max_size') max = Math.min(max, check.maximum ?? Infinity)
  }
  return { min, max }
}

/** Strings of the schema's length, or of its format. */
export function stringOf(schema: z.core.$ZodType): Arbitrary<string> {
  const { min, max } = sizeOf(schema)
  const checks = checksOf(schema)
  const format = checks.find(
    (check) => check.format !== undefined && !['includes', 'starts_with', 'ends_with'].includes(check.format),
  )
  const part = (name: 'prefix' | 'includes' | 'suffix') => checks.map((check) => check[name] ?? '').join('')
  const fixed = part('prefix') + part('includes') + part('suffix')
  if (format) return formatOf(format)
  const pattern = schema._zod.def.type === 'template_literal' ? schema._zod.pattern : undefined
  if (pattern) return fc.stringMatching(pattern)
  const minLength = Math.max(0, min - fixed.length)
  return (
    fc
      .string({
        unit: 'grapheme',
        minLength,
        maxLength: Math.max(minLength, Math.min(max - fixed.length, minLength + 20)),
      })
      .map((text) => part('prefix') + part('includes') + text + part('suffix'))
      // A grapheme may be several UTF-16 units, which is what zod counts; cutting one in two would leave a lone surrogate.
      .map((text) => (text.length > max ? 'x'.repeat(max) : text))
  )
}

function formatOf(check: CheckDef): Arbitrary<string> {
  switch (check.format) {
    case 'email':
      return fc.emailAddress()
    case 'uuid':
    case 'guid':
      return fc.uuid()
    case 'url':
      return fc.webUrl()
    case 'datetime':
      return fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }).map((date) => date.toISOString())
    case 'date':
      return fc
        .date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true })
        .map((date) => date.toISOString().slice(0, 10))
    case 'ipv4':
      return fc.ipV4()
    case 'ipv6':
      return fc.ipV6()
    default:
      if (check.pattern) return fc.stringMatching(check.pattern)
      throw new Error(`arbitraryOf has no arbitrary for the string format ${check.format}`)
  }
}

/** Numbers within the schema's bounds, whole ones if it asks for them. */
export function numberOf(schema: z.core.$ZodType): Arbitrary<number> {
  const checks = checksOf(schema)
  const formats = checks.filter((check) => check.check === 'number_format').map((check) => check.format ?? '')
  const step = Number(checks.find((check) => check.check === 'multiple_of')?.value ?? 0)
  const whole = step !== 0 || formats.some((format) => format.includes('int'))
  let { min, max } = boundsOf(checks, Number)
  if (formats.includes('int32')) [min, max] = [Math.max(min, -(2 ** 31)), Math.min(max, 2 ** 31 - 1)]
  if (formats.includes('uint32')) [min, max] = [Math.max(min, 0), Math.min(max, 2 ** 32 - 1)]
  if (!whole) {
    const float32 = formats.includes('float32')
    if (float32) return fc.float({ noNaN: true, noDefaultInfinity: true })
    return fc.double({ min: Math.max(min, -Number.MAX_VALUE), max: Math.min(max, Number.MAX_VALUE), noNaN: true })
  }
  const unit = step || 1
  const limit = Number.MAX_SAFE_INTEGER
  return fc
    .integer({ min: Math.max(Math.ceil(min / unit), -limit), max: Math.min(Math.floor(max / unit), limit) })
    .map((n) => n * unit)
}

/** BigInts within the schema's bounds. */
export function bigIntOf(schema: z.core.$ZodType): Arbitrary<bigint> {
  let min: bigint | undefined
  let max: bigint | undefined
  for (const check of checksOf(schema)) {
    const value = typeof check.value === 'bigint' ? check.value : undefined
    if (value === undefined) continue
    if (check.check === 'greater_than') min = min === undefined || value > min ? value : min
    if (check.check === 'less_than') max = max === undefined || value < max ? value : max
  }
  return fc.bigInt({ ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) })
}

/** Valid dates within the schema's bounds. */
export function dateOf(schema: z.core.$ZodType): Arbitrary<Date> {
  const { min, max } = boundsOf(checksOf(schema), Number)
  return fc.date({ min: new Date(Math.max(min, -8.64e15)), max: new Date(Math.min(max, 8.64e15)), noInvalidDate: true })
}

/** Bounds are taken as inclusive; the filter at the end removes the few values that are not. */
function boundsOf(
  checks: readonly CheckDef[],
  toNumber: (value: number | bigint | Date) => number,
): { min: number; max: number } {
  let min = -Infinity
  let max = Infinity
  for (const { check, value } of checks) {
    if (value === undefined) continue
    if (check === 'greater_than') min = Math.max(min, toNumber(value))
    if (check === 'less_than') max = Math.min(max, toNumber(value))
  }
  return { min, max }
}
