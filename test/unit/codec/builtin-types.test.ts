import { describe, expect, it } from 'vitest'
import { registerBuiltins } from '../../../src/codec/builtin-types.js'
import { json } from '../../../src/codec/json.js'
import { registry } from '../../../src/codec/registry.js'
import { CodecError, SessionConfigError } from '../../../src/core/errors.js'
import { typeRegistry } from '../../../src/core/type-registry.js'
import { sameValue } from '../../../src/testing/same-value.js'

/** Node 20 has no Temporal: a class of the same outline stands in for each of its own. */
function standIn() {
  const byText = () =>
    class {
      readonly #text: string
      constructor(text: string) {
        this.#text = text
      }
      static from(text: string) {
        return new this(text)
      }
      toString() {
        return this.#text
      }
    }
  class Duration {
    readonly #parts: Readonly<Record<string, number>>
    constructor(parts: Readonly<Record<string, number>>) {
      this.#parts = parts
    }
    static from(parts: Readonly<Record<string, number>>) {
      if (Object.keys(parts).length === 0) throw new TypeError('a Duration needs a part')
      return new Duration(parts)
    }
    part(unit: string) {
      return this.#parts[unit] ?? 0
    }
  }
  for (const unit of UNITS) {
    Object.defineProperty(Duration.prototype, unit, {
      get(this: Duration) {
        return this.part(unit)
      },
    })
  }
  return { PlainDate: byText(), PlainTime: byText(), Instant: byText(), ZonedDateTime: byText(), Duration }
}
const UNITS = [
  ...['years', 'months', 'weeks', 'days', 'hours', 'minutes'],
  ...['seconds', 'milliseconds', 'microseconds', 'nanoseconds'],
]

describe('registerBuiltins', () => {
  const temporal = standIn()
  const types = registerBuiltins(typeRegistry(), { temporal })

  it.each([json(), registry()])('lets $name carry Temporal values', (codec) => {
    const bound = codec.bind({ shape: {}, types })
    const zoned = '2025-06-15T12:00:00.000000001+02:00[Europe/Paris]'
    const value = {
      day: new temporal.PlainDate('2025-06-15[u-ca=hebrew]'),
      at: new temporal.ZonedDateTime(zoned),
      long: new temporal.Duration({ hours: 3, milliseconds: 1500 }),
      none: new temporal.Duration({}),
    }
    const read = bound.decode(bound.encode(value)) as typeof value
    expect(Object.getPrototypeOf(read.day)).toBe(temporal.PlainDate.prototype)
    expect(String(read.day)).toBe('2025-06-15[u-ca=hebrew]')
    expect(String(read.at)).toBe(zoned)
    for (const unit of UNITS) {
      expect(read.long.part(unit)).toBe(value.long.part(unit))
      expect(read.none.part(unit)).toBe(0)
    }
    expect(() => bound.encode({ a: Object.create(temporal.PlainDate.prototype) })).toThrow(CodecError)
  })

  it('registers only what is asked for', () => {
    const some = registerBuiltins(typeRegistry(), { only: ['Map', 'Temporal.Instant'], temporal })
    expect(some.of(new Map())?.name).toBe('Map')
    expect(some.of(new temporal.Instant(''))?.name).toBe('Temporal.Instant')
    expect(some.of(new Date())).toBeUndefined()
    expect(some.named('Temporal.PlainDate')).toBeUndefined()
  })

  it('does not register twice', () => {
    expect(() => registerBuiltins(types)).toThrow(SessionConfigError)
  })

  it.each([json(), registry()])('lets $name carry a Buffer and an ArrayBuffer', (codec) => {
    const bound = codec.bind({ shape: {}, types })
    const value = { buffer: Buffer.from([1, 2, 255]), raw: new Uint8Array([3, 4]).buffer }
    const read = bound.decode(bound.encode(value)) as typeof value
    expect(sameValue(read.buffer, value.buffer)).toBe(true)
    expect(new Uint8Array(read.raw)).toEqual(new Uint8Array([3, 4]))
  })

  it('refuses what a form would lose', () => {
    const bound = json().bind({ shape: {}, types })
    expect(() => bound.encode({ a: Object.assign(new Date(0), { zone: 'UTC' }) })).toThrow(
      expect.objectContaining({ code: 'ERR_SESSION_CODEC', path: 'a' }),
    )
  })

  it.each([
    ['Date', '"now"'],
    ['Map', '[[1]]'],
    ['Map', '{}'],
    ['Set', '{}'],
    ['RegExp', '["(",""]'],
    ['RegExp', '"a"'],
    ['URL', '"nowhere"'],
    ['Uint16Array', '"AA=="'],
    ['Buffer', '[1]'],
    ['TypeError', '["RangeError","x"]'],
    ['Temporal.Duration', '{}'],
    ['Temporal.PlainDate', '{"year":2025}'],
  ])('refuses a damaged %s: %s', (name, plain) => {
    const bytes = new TextEncoder().encode(`{"a":{"$type":"${name}","value":${plain}}}`)
    expect(() => json().bind({ shape: {}, types }).decode(bytes)).toThrow()
  })
})
