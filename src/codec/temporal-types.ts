import type { TypeRegistry } from '../core/type-registry.js'

/** Registers what `temporal` has of the eight value classes of Temporal, as `Temporal.PlainDate` and so on. */
export function registerTemporal(add: TypeRegistry['register'], temporal: object): void {
  const classes = temporal as Readonly<Record<string, TemporalClass | undefined>>
  for (const name of BY_TEXT) {
    const type = classes[name]
    if (type === undefined) continue
    // Called on the prototype: an object that only inherits from it has no Temporal value inside, and this throws.
    const encode = (value: unknown) => type.prototype.toString.call(value)
    add(`Temporal.${name}`, type, { encode, decode: (text) => type.from(checkedText(text)) })
  }
  const duration = classes['Duration']
  if (duration !== undefined) {
    add('Temporal.Duration', duration, { encode: partsOf, decode: (parts) => duration.from(parts) })
  }
}

interface TemporalClass {
  readonly prototype: object
  from(value: string | object): object
}

/** Their `toString()` says all there is, to the nanosecond, with time zone and calendar. */
const BY_TEXT = [
  'PlainDate',
  'PlainTime',
  'PlainDateTime',
  'PlainYearMonth',
  'PlainMonthDay',
  'ZonedDateTime',
  'Instant',
]

/** Not as text, which turns 1500 milliseconds into a second and a half: equal in length, but another value. */
const DURATION_PARTS = [
  'years',
  'months',
  'weeks',
  'days',
  'hours',
  'minutes',
  'seconds',
  'milliseconds',
  'microseconds',
  'nanoseconds',
]

function partsOf(duration: object): Record<string, number> {
  const parts: Record<string, number> = {}
  for (const part of DURATION_PARTS) {
    const count = (duration as Record<string, unknown>)[part]
    if (typeof count !== 'number') throw new TypeError('not a Temporal.Duration')
    if (count !== 0) parts[part] = count
  }
  // `from` wants at least one.
  return Object.keys(parts).length > 0 ? parts : { seconds: 0 }
}

function checkedText(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('a stored Temporal value that is not text')
  return value
}
