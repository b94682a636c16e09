import { constants, deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compress } from '../../../src/codec/compress.js'

const context = { name: 'shop', key: 'k', id: 'i', header: new Uint8Array(), maxBytes: 1_048_576 }
const text = (bytes: number) => new Uint8Array(bytes).map((_, i) => 97 + (i % 7))

describe('compress()', () => {
  it('gives back what it was given, and changes no input', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.integer({ min: 10, max: 50 }), (part, times) => {
        const bytes = new Uint8Array(Array.from({ length: times }, () => [...part]).flat())
        const before = bytes.slice()
        const packed = compress({ above: 0 }).apply(bytes, context)
        expect(bytes).toEqual(before)
        if (packed === undefined) return
        expect(packed.length).toBeLessThan(bytes.length)
        const stored = packed.slice()
        expect(new Uint8Array(compress().undo(packed, context))).toEqual(before)
        expect(packed).toEqual(stored)
      }),
    )
  })

  it('leaves alone what is not above the size', () => {
    expect(compress().apply(text(1024), context)).toBeUndefined()
    expect(compress().apply(text(1025), context)).toBeDefined()
    expect(compress({ above: 10 }).apply(text(100), context)).toBeDefined()
    expect(compress({ above: 0 }).apply(new Uint8Array(), context)).toBeUndefined()
  })

  it('leaves alone what does not shrink', () => {
    const random = crypto.getRandomValues(new Uint8Array(5000))
    expect(compress().apply(random, context)).toBeUndefined()
  })

  it('stops at maxBytes: a gigabyte in a megabyte is refused before it exists', () => {
    const megabyte = deflateRawSync(new Uint8Array(2 ** 20), { finishFlush: constants.Z_FULL_FLUSH })
    const bomb = Buffer.concat([...Array.from({ length: 1024 }, () => megabyte), deflateRawSync('')])
    expect(bomb.length).toBeLessThan(2 * context.maxBytes)
    const before = process.memoryUsage().rss
    expect(() => compress().undo(bomb, context)).toThrow(expect.objectContaining({ code: 'ERR_BUFFER_TOO_LARGE' }))
    expect(process.memoryUsage().rss - before).toBeLessThan(256 * 2 ** 20)
  })

  it('reads exactly maxBytes and not one more', () => {
    const packed = compress().apply(text(5000), context) as Uint8Array
    expect(compress().undo(packed, { ...context, maxBytes: 5000 })).toHaveLength(5000)
    expect(() => compress().undo(packed, { ...context, maxBytes: 4999 })).toThrow(RangeError)
  })

  it('refuses bytes that are cut short at any length, or followed by more', () => {
    const packed = compress().apply(text(2000), context) as Uint8Array
    for (let length = 0; length < packed.length; length++) {
      expect(() => compress().undo(packed.subarray(0, length), context), `at ${length}`).toThrow()
    }
    expect(() => compress().undo(new Uint8Array([...packed, 0]), context)).toThrow('bytes follow')
    expect(() => compress().undo(new Uint8Array([...packed, ...packed]), context)).toThrow('bytes follow')
  })
})
