import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compress } from '../../src/codec/compress.js'
import { decodeEnvelope, type Envelope, encodeEnvelope } from '../../src/codec/envelope.js'
import { readHeader } from '../../src/codec/envelope-header.js'
import { applyTransforms, type TransformStack } from '../../src/codec/envelope-transforms.js'
import type { Transform } from '../../src/codec/port.js'
import { seal } from '../../src/codec/seal.js'
import { MisdeployError, SessionError, UnreadableRecordError } from '../../src/core/errors.js'

const time = fc.integer({ min: 0, max: 2 ** 48 - 1 })
const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc
    .tuple(fc.uint8Array({ minLength: 1, maxLength: 8 }), fc.nat(400))
    .map(([part, times]) => new Uint8Array(Array.from({ length: times }, () => [...part]).flat())),
)
const plainEnvelopes: fc.Arbitrary<Envelope> = fc.record({
  name,
  codec: name,
  schemaVersion: fc.nat(),
  persistent: fc.boolean(),
  createdAt: time,
  absoluteExpiresAt: time,
  idleMs: fc.integer({ min: 0, max: 2 ** 36 }).map((seconds) => seconds * 1000),
  data: bytes,
  flash: fc.option(bytes, { nil: undefined }),
})
/** Some of them with an id of their own age, in whole seconds as it is stored, and with a cookie of their own. */
const envelopes: fc.Arbitrary<Envelope> = fc
  .tuple(plainEnvelopes, fc.option(fc.integer({ min: 1, max: 2 ** 30 }), { nil: undefined }), fc.option(name))
  .map(([envelope, seconds, cookie]) => ({
    ...envelope,
    ...(seconds === undefined ? {} : { idSince: envelope.createdAt + seconds * 1000 }),
    ...(cookie === null ? {} : { cookie }),
  }))

const reversing: Transform = {
  name: 'reversed',
  apply: (body) => body.toReversed(),
  undo: (body) => body.toReversed(),
}
const oddOnly: Transform = {
  name: 'odd-only',
  apply: (body) => (body.length % 2 === 1 ? new Uint8Array([...body, 1]) : undefined),
  undo: (body) => body.slice(0, -1),
}
const secrets = ['property-kX9vTq2Lw7Zr4mBn8sYc3pHd6fJg1aEo', 'property-other-Yc3pHd6fJg1aEo5uRi0tQzMkX9']
const stacks: fc.Arbitrary<TransformStack> = fc.record({
  transforms: fc
    .shuffledSubarray([reversing, oddOnly, compress({ above: 100 }), seal(secrets)])
    .filter((transforms) => {
      const names = transforms.map((transform) => transform.name)
      return !names.includes('seal') || names.indexOf('deflate') < names.indexOf('seal')
    }),
  key: name,
  id: name,
  maxBytes: fc.constant(100_000),
  now: time,
})

describe('an envelope with any stack of transforms', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(envelopes, stacks, (envelope, stack) => {
        const record = applyTransforms(encodeEnvelope(envelope), stack)
        expect(decodeEnvelope(record, stack)).toEqual(envelope)
        const { data: _data, flash: _flash, ...header } = envelope
        expect(readHeader(record)).toMatchObject(header)
      }),
      { numRuns: 500 },
    )
  })

  it('fails with one of its two errors, or reads, whatever is cut off or changed', () => {
    fc.assert(
      fc.property(
        envelopes,
        stacks,
        fc.nat(),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (envelope, stack, cut, at, mask) => {
          const record = applyTransforms(encodeEnvelope(envelope), stack)
          const damaged = record.slice(0, record.length - (cut % 3 === 0 ? cut % record.length : 0))
          const position = at % Math.max(1, damaged.length)
          damaged[position] = (damaged[position] ?? 0) ^ mask
          try {
            decodeEnvelope(damaged, stack)
          } catch (error) {
            expect(error instanceof UnreadableRecordError || error instanceof MisdeployError, String(error)).toBe(true)
          }
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('fails with a typed error, or reads, whatever the list and the body', () => {
    const header = encodeEnvelope({
      name: 'shop',
      codec: 'cbor',
      schemaVersion: 1,
      persistent: false,
      createdAt: 0,
      absoluteExpiresAt: 0,
      idleMs: 0,
      data: new Uint8Array(),
      flash: undefined,
    }).slice(0, -1)
    const { flagsAt } = readHeader(header)
    header[flagsAt] = (header[flagsAt] ?? 0) | 8
    const names = fc.array(fc.constantFrom('seal', 'deflate', 'reversed', 'odd-only', 'x', ''), { maxLength: 5 })
    fc.assert(
      fc.property(names, fc.uint8Array({ maxLength: 80 }), stacks, (list, body, stack) => {
        const encoded = list.flatMap((text) => [text.length, ...Buffer.from(text)])
        try {
          decodeEnvelope(new Uint8Array([...header, list.length, ...encoded, ...body]), stack)
        } catch (error) {
          expect(error).toBeInstanceOf(SessionError)
        }
      }),
      { numRuns: 2000 },
    )
  })
})
