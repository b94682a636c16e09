import { describe, expect, it } from 'vitest'
import { json } from '../../../src/codec/json.js'
import { codecLaws } from '../../../src/testing/codec-laws.js'

const text = (value: string) => new TextEncoder().encode(value)

describe('json() keeps the laws of a codec (J8, M112)', () => {
  codecLaws(it, json(), {
    refuses: [
      'negative zero',
      'NaN',
      'infinities',
      'undefined',
      'bigint',
      'date',
      'far dates',
      'invalid date',
      'map',
      'set',
      'map and set of rich values',
      'Uint8Array',
      'empty Uint8Array',
      'large Uint8Array',
      'view into a buffer',
      'Uint8ClampedArray',
      'integer arrays',
      'BigInt arrays',
      'Float32Array',
      'Float64Array',
      'regexp',
      'url',
      'error',
      'error with cause',
      'error with undefined cause',
      'rich values inside objects',
    ],
    bombs: [
      { name: 'deep nesting', bytes: text('['.repeat(100_000)) },
      { name: 'an own __proto__', bytes: text('{"__proto__":{"polluted":1}}') },
      { name: 'an escaped __proto__', bytes: text('{"\\u005f_proto__":{"polluted":1}}') },
      { name: 'an otherwise escaped __proto__', bytes: text('{"__\\u0070roto__":{"polluted":1}}') },
    ],
  })
})

describe('json()', () => {
  const bound = json().bind({ shape: {} })

  it('refuses invalid UTF-8 instead of mending it', () => {
    expect(() => bound.decode(new Uint8Array([0x22, 0xff, 0x22]))).toThrow()
  })

  it('refuses an own `__proto__` on the way in, however it is spelt', () => {
    for (const key of ['__proto__', '\\u005F_proto__', '__\\u0070roto__']) {
      expect(() => bound.decode(text(`{"a":{"${key}":1}}`))).toThrow('__proto__')
    }
  })
})
