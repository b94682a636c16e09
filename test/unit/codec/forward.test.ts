import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeRedirect, encodeRedirect, isRedirect, readRedirectHeader } from '../../../src/codec/redirect.js'

const forward = { graceUntil: 1_700_000_060_000, nextKey: 'shop:h1.next', nextId: 'N'.repeat(43) }
const oldId = 'O'.repeat(43)

describe('the record that forwards from an old id', () => {
  it('comes back, and says without the id only where and until when', () => {
    const bytes = encodeRedirect(forward, 'shop', oldId)
    expect(isRedirect(bytes)).toBe(true)
    expect(decodeRedirect(bytes, 'shop', oldId)).toEqual(forward)
    expect(readRedirectHeader(bytes)).toEqual({ graceUntil: forward.graceUntil, nextKey: forward.nextKey })
    expect(Buffer.from(bytes).toString('latin1')).not.toContain('NNN')
  })

  it('reads the frozen record', () => {
    const frozen =
      '02018bcfe652600c73686f703a68312e6e657874cd8a934ee08229d068f651b8b30fbae887046ea2f2bc0e4d24b461be6fe9' +
      'bf9df5de79e0ba64aa85c8f5e990020edbcfb792316462e66e774c2b237893485814d7e6d8d07778a9'
    expect(decodeRedirect(Buffer.from(frozen, 'hex'), 'shop', oldId)).toEqual(forward)
  })

  it('opens for nobody else, and not when a byte is changed or missing', () => {
    const bytes = encodeRedirect(forward, 'shop', oldId)
    const unreadable = expect.objectContaining({ code: 'ERR_SESSION_UNREADABLE' })
    expect(() => decodeRedirect(bytes, 'shop', 'P'.repeat(43))).toThrow(unreadable)
    expect(() => decodeRedirect(bytes, 'other', oldId)).toThrow(unreadable)
    for (let at = 1; at < bytes.length; at++) {
      const changed = bytes.slice()
      changed[at] = (changed[at] ?? 0) ^ 1
      expect(() => decodeRedirect(changed, 'shop', oldId), `byte ${at}`).toThrow(unreadable)
      expect(() => decodeRedirect(bytes.slice(0, at), 'shop', oldId), `cut at ${at}`).toThrow(unreadable)
    }
  })

  it('does no harm with random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (tail) => {
        const bytes = new Uint8Array([2, ...tail])
        expect(() => decodeRedirect(bytes, 'shop', oldId)).toThrow(
          expect.objectContaining({ code: 'ERR_SESSION_UNREADABLE' }),
        )
      }),
    )
  })
})
