import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeEnvelope, type Envelope, encodeEnvelope } from '../../../src/codec/envelope.js'
import { CodecError, MisdeployError, UnreadableRecordError } from '../../../src/core/errors.js'

const time = fc.integer({ min: 0, max: 2 ** 48 - 1 })
const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
const plainEnvelopes: fc.Arbitrary<Envelope> = fc.record({
  name,
  codec: name,
  schemaVersion: fc.nat(),
  persistent: fc.boolean(),
  createdAt: time,
  absoluteExpiresAt: time,
  idleMs: fc.integer({ min: 0, max: 2 ** 36 }).map((seconds) => seconds * 1000),
  data: fc.uint8Array({ maxLength: 300 }),
  flash: fc.option(fc.uint8Array({ maxLength: 20 }), { nil: undefined }),
})
/** Some of them with an id of their own age, in whole seconds as it is stored, with a cookie of their own, or with a login. */
const envelopes: fc.Arbitrary<Envelope> = fc
  .tuple(
    plainEnvelopes,
    fc.option(fc.integer({ min: 1, max: 2 ** 30 }), { nil: undefined }),
    fc.option(name),
    fc.option(fc.record({ at: time, mark: time })),
  )
  .map(([envelope, seconds, cookie, login]) => ({
    ...envelope,
    ...(seconds === undefined ? {} : { idSince: envelope.createdAt + seconds * 1000 }),
    ...(cookie === null ? {} : { cookie }),
    ...(login === null ? {} : { login }),
  }))

const sample: Envelope = {
  name: 'shop',
  codec: 'cbor',
  schemaVersion: 3,
  persistent: true,
  createdAt: 1_700_000_000_123,
  absoluteExpiresAt: 1_700_000_000_123 + 30 * 86_400_000,
  idleMs: 1_800_000,
  data: new Uint8Array([0xa1, 0x61, 0x61, 0x01]),
  flash: new Uint8Array([0xa0]),
}
const FROZEN = '010473686f700463626f720307018bcfe5687b809a9e01880e04a1616101a0'

describe('the envelope', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(envelopes, (envelope) => {
        expect(decodeEnvelope(encodeEnvelope(envelope))).toEqual(envelope)
      }),
    )
  })

  it('reads and writes the frozen record', () => {
    expect(Buffer.from(encodeEnvelope(sample)).toString('hex')).toBe(FROZEN)
    expect(decodeEnvelope(new Uint8Array(Buffer.from(FROZEN, 'hex')))).toEqual(sample)
  })

  it('M063 reads and writes the frozen record of a session with a cookie of its own', () => {
    const own = { ...sample, idSince: sample.createdAt + 60_000, cookie: '{"sameSite":"none"}' }
    const bytes = encodeEnvelope(own)
    expect(Buffer.from(bytes).toString('hex')).toBe(
      '010473686f700463626f7203' +
        '37' +
        '018bcfe5687b809a9e01880e3c137b2273616d6553697465223a226e6f6e65227d04a1616101a0',
    )
    expect(decodeEnvelope(bytes)).toEqual(own)
    expect(() => encodeEnvelope({ ...sample, cookie: 'x'.repeat(256) })).toThrow(CodecError)
    expect(() => encodeEnvelope({ ...sample, cookie: '' })).toThrow(CodecError)
  })

  it('reads and writes the frozen record of a session with a login', () => {
    const own = { ...sample, cookie: '{"sameSite":"none"}', login: { at: 1_700_000_060_000, mark: 0x0102_0304_0506 } }
    const bytes = encodeEnvelope(own)
    expect(Buffer.from(bytes).toString('hex')).toBe(
      '010473686f700463626f7203' +
        '67' +
        '018bcfe5687b809a9e01880e137b2273616d6553697465223a226e6f6e65227d' +
        '018bcfe65260010203040506' +
        '04a1616101a0',
    )
    expect(decodeEnvelope(bytes)).toEqual(own)
    for (const login of [
      { at: -1, mark: 0 },
      { at: 0, mark: 2 ** 48 },
      { at: 0.5, mark: 0 },
    ])
      expect(() => encodeEnvelope({ ...sample, login })).toThrow(CodecError)
  })

  it('is unreadable when cut short at any byte, unless only flash is lost', () => {
    const bytes = encodeEnvelope({ ...sample, flash: undefined })
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeEnvelope(bytes.subarray(0, length)), `at ${length}`).toThrow(UnreadableRecordError)
    }
  })

  it('is unreadable when bytes follow it', () => {
    const bytes = encodeEnvelope({ ...sample, flash: undefined })
    expect(() => decodeEnvelope(new Uint8Array([...bytes, 0]))).toThrow(UnreadableRecordError)
  })

  it('fails with one of its two errors, or reads, whatever byte is changed', () => {
    const bytes = encodeEnvelope(sample)
    for (let at = 0; at < bytes.length; at++) {
      for (let byte = 0; byte < 256; byte++) {
        const damaged = bytes.slice()
        damaged[at] = byte
        try {
          decodeEnvelope(damaged)
        } catch (error) {
          expect(error instanceof UnreadableRecordError || error instanceof MisdeployError, `${at}: ${byte}`).toBe(true)
        }
      }
    }
  })

  it('fails with one of its two errors, or reads, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (tail) => {
        try {
          decodeEnvelope(new Uint8Array([1, ...tail]))
        } catch (error) {
          expect(error instanceof UnreadableRecordError || error instanceof MisdeployError).toBe(true)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('takes formats 2 to 15 and unknown flags for the work of a newer release', () => {
    const bytes = encodeEnvelope(sample)
    for (let format = 0; format < 256; format++) {
      if (format === 1) continue
      const type = format >= 2 && format <= 15 ? MisdeployError : UnreadableRecordError
      expect(() => decodeEnvelope(new Uint8Array([format, ...bytes.subarray(1)])), `${format}`).toThrow(type)
    }
    for (let bit = 7; bit < 8; bit++) {
      const newer = bytes.slice()
      newer[12] = (newer[12] ?? 0) | (1 << bit)
      expect(() => decodeEnvelope(newer)).toThrow(MisdeployError)
    }
  })

  it('refuses numbers that are not in their shortest form, or too large', () => {
    const bytes = encodeEnvelope(sample)
    const withVersion = (...version: number[]) =>
      new Uint8Array([...bytes.subarray(0, 11), ...version, ...bytes.subarray(12)])
    expect(decodeEnvelope(withVersion(0x83, 0x01)).schemaVersion).toBe(131)
    expect(() => decodeEnvelope(withVersion(0x83, 0x00))).toThrow(UnreadableRecordError)
    expect(() => decodeEnvelope(withVersion(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01))).toThrow(
      UnreadableRecordError,
    )
  })

  it('names the field that is out of range', () => {
    const bad: Partial<Envelope>[] = [
      { name: '' },
      { name: 'ä'.repeat(128) },
      { name: '\ud800' },
      { codec: '' },
      { schemaVersion: -1 },
      { schemaVersion: 1.5 },
      { createdAt: 2 ** 48 },
      { absoluteExpiresAt: Infinity },
      { idleMs: Number.NaN },
    ]
    for (const part of bad) {
      expect(() => encodeEnvelope({ ...sample, ...part })).toThrow(
        expect.objectContaining({ path: Object.keys(part)[0] }),
      )
      expect(() => encodeEnvelope({ ...sample, ...part })).toThrow(CodecError)
    }
  })

  it('gives plain views of the record, also from a Buffer', () => {
    const record = Buffer.from(encodeEnvelope(sample))
    const { data, flash } = decodeEnvelope(record)
    expect(Object.getPrototypeOf(data)).toBe(Uint8Array.prototype)
    expect(data.buffer).toBe(record.buffer)
    expect(flash).toEqual(sample.flash)
  })

  it('reads more names than it keeps', () => {
    for (let i = 0; i < 40; i++) {
      const envelope = { ...sample, name: `shop-${i}` }
      expect(decodeEnvelope(encodeEnvelope(envelope))).toEqual(envelope)
    }
  })
})
