import { describe, expect, it } from 'vitest'
import { toBytes, toInteger, toText } from '../../../src/stores/sql/values.js'

const refused = expect.objectContaining({ code: 'ERR_SESSION_STORE' })

describe('what a driver hands out is read by value', () => {
  it.each([
    [0, 0],
    ['0', 0],
    [0n, 0],
    [false, 0],
    [1, 1],
    ['1', 1],
    [1n, 1],
    [true, 1],
    ['-5', -5],
    [9e15, 9e15],
    ['9000000000000000', 9e15],
    [9_000_000_000_000_000n, 9e15],
  ])('%o is the whole number %d', (value, number) => {
    expect(toInteger(value)).toBe(number)
  })

  it.each([
    null,
    undefined,
    '',
    ' 1',
    '1.0',
    '1e3',
    'true',
    't',
    1.5,
    Number.NaN,
    2 ** 53,
    2n ** 53n,
    '9007199254740992',
    new Date(0),
    [1],
    { value: 1 },
  ])('%o is no whole number, and its value is not shown', (value) => {
    expect(() => toInteger(value)).toThrow(refused)
  })

  it.each([[new Uint8Array([1, 255])], [Buffer.from([1, 255])], [new Uint8Array([1, 255]).buffer], ['\\x01ff']])(
    '%o is two bytes, in an array of their own',
    (value) => {
      const bytes = toBytes(value)
      expect([...bytes]).toEqual([1, 255])
      if (value instanceof Uint8Array) expect(bytes.buffer).not.toBe(value.buffer)
      expect(bytes.buffer.byteLength).toBe(2)
    },
  )

  it('bytes are what is a byte each: D1 hands them out as numbers', () => {
    expect(toBytes([1, 255])).toEqual(new Uint8Array([1, 255]))
    for (const value of [[1, 256], [-1], [0.5], ['1'], [null]]) expect(() => toBytes(value)).toThrow(refused)
  })

  it.each([null, 'secret text', '\\x1', '\\xzz', 5, [1, 'x'], {}])('%o is no bytes, and is not shown', (value) => {
    expect(() => toBytes(value)).toThrow(refused)
    expect(() => toText(value)).toThrow(expect.objectContaining({ message: expect.not.stringContaining('secret') }))
  })

  it('text is its UTF-8 bytes', () => {
    expect(toText(Buffer.from('a\0ß'))).toBe('a\0ß')
  })
})
