import { deflateRawSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { compress } from '../../../src/codec/compress.js'
import { decodeEnvelope, type Envelope, encodeEnvelope } from '../../../src/codec/envelope.js'
import { readHeader } from '../../../src/codec/envelope-header.js'
import { applyTransforms, type TransformStack } from '../../../src/codec/envelope-transforms.js'
import type { Transform, TransformContext } from '../../../src/codec/port.js'
import { seal } from '../../../src/codec/seal.js'
import { CodecError, MisdeployError, SessionConfigError, UnreadableRecordError } from '../../../src/core/errors.js'
import { generateSecret } from '../../../src/core/keyring.js'

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
const plain = encodeEnvelope(sample)
const HEADER = '010473686f700463626f720307018bcfe5687b809a9e01880e'
const TRANSFORMED_HEADER = '010473686f700463626f72030f018bcfe5687b809a9e01880e'
const BODY = '04a1616101a0'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const fromHex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'))
const stackOf = (transforms: readonly Transform[], more: Partial<TransformStack> = {}): TransformStack => ({
  transforms,
  key: 'shop:h1.key',
  id: 'the-id',
  maxBytes: 10_000,
  now: 1_700_000_000_000,
  ...more,
})
/** Adds `by` to every byte, and notes what it was told. */
function adding(name: string, by: number, seen: TransformContext[] = []): Transform {
  const shift = (bytes: Uint8Array, by: number) => bytes.map((byte) => byte + by)
  return {
    name,
    apply: (bytes, context) => (seen.push(context), shift(bytes, by)),
    undo: (bytes, context) => (seen.push(context), shift(bytes, -by)),
  }
}

describe('a transformed record', () => {
  it('is the header with flag 8, the names, and what the transforms made of the body', () => {
    const record = applyTransforms(plain, stackOf([adding('one', 1), adding('ten', 10)]))
    const body = hex(fromHex(BODY).map((byte) => byte + 11))
    expect(hex(record)).toBe(`${TRANSFORMED_HEADER}02036f6e650374656e${body}`)
    expect(decodeEnvelope(record, stackOf([adding('ten', 10), adding('one', 1)]))).toEqual(sample)
  })

  it('shows each transform the header with the names up to itself, the same on both ways', () => {
    const writing: TransformContext[] = []
    const reading: TransformContext[] = []
    const transforms = (seen: TransformContext[]) => [adding('one', 1, seen), adding('ten', 10, seen)]
    const record = applyTransforms(plain, stackOf(transforms(writing)))
    decodeEnvelope(record, stackOf(transforms(reading)))
    expect(writing.map(({ header }) => hex(header))).toEqual([
      `${TRANSFORMED_HEADER}01036f6e65`,
      `${TRANSFORMED_HEADER}02036f6e650374656e`,
    ])
    expect(reading.toReversed()).toEqual(writing)
    expect(writing[0]).toEqual({
      name: 'shop',
      key: 'shop:h1.key',
      id: 'the-id',
      maxBytes: 10_000,
      header: expect.any(Uint8Array) as Uint8Array,
    })
  })

  it('stays the plain record, byte for byte, when no transform wants it', () => {
    const idle: Transform = { name: 'idle', apply: () => undefined, undo: () => expect.unreachable() }
    expect(hex(plain)).toBe(HEADER + BODY)
    for (const transforms of [[], [idle], [compress()]]) {
      expect(applyTransforms(plain, stackOf(transforms))).toBe(plain)
      expect(decodeEnvelope(plain, stackOf(transforms))).toEqual(sample)
    }
    const record = applyTransforms(plain, stackOf([idle, adding('one', 1), idle]))
    expect(readHeader(record).transforms).toEqual(['one'])
  })

  it('says everything but its values without being undone', () => {
    const record = applyTransforms(plain, stackOf([compress({ above: 0 }), seal(generateSecret())]))
    const { data: _data, flash: _flash, ...header } = sample
    expect(readHeader(record)).toMatchObject({ ...header, transforms: ['seal'] })
  })

  it('changes neither the plain record nor the stored one', () => {
    const stack = stackOf([adding('one', 1), seal(generateSecret())])
    const stored = applyTransforms(plain, stack)
    const before = stored.slice()
    expect(hex(plain)).toBe(HEADER + BODY)
    decodeEnvelope(stored, stack)
    expect(stored).toEqual(before)
  })

  it('is a misdeploy where the app lacks a transform, with its name and the remedy', () => {
    const record = applyTransforms(plain, stackOf([adding('one', 1), adding('ten', 10)]))
    for (const stack of [undefined, stackOf([]), stackOf([adding('ten', 10)])]) {
      expect(() => decodeEnvelope(record, stack)).toThrow(MisdeployError)
      expect(() => decodeEnvelope(record, stack)).toThrow(/transform `one`.*`secrets`/)
    }
  })

  it('is a misdeploy without a required transform, with the way to switch over', () => {
    const required: Transform = { ...adding('must', 1), required: true }
    for (const record of [plain, applyTransforms(plain, stackOf([adding('one', 1)]))]) {
      const reading = () => decodeEnvelope(record, stackOf([adding('one', 1), required]))
      expect(reading).toThrow(MisdeployError)
      expect(reading).toThrow(/without transform `must`.*acceptPlain/)
    }
    expect(decodeEnvelope(applyTransforms(plain, stackOf([required])), stackOf([required]))).toEqual(sample)
    expect(decodeEnvelope(plain, stackOf([{ ...required, required: (now) => now > 1_700_000_000_000 }]))).toEqual(
      sample,
    )
    expect(() =>
      decodeEnvelope(plain, stackOf([{ ...required, required: (now) => now >= 1_700_000_000_000 }])),
    ).toThrow(MisdeployError)
  })

  it.each([
    ['an empty list', '00'],
    ['a list cut short', '0203'],
    ['a name cut short', '01046f6e65'],
    ['an empty name', '0100'],
    ['a name with capitals', '01034f6e65'],
    ['a name of 33 characters', `0121${'61'.repeat(33)}`],
    ['a name twice', '02036f6e65036f6e65'],
  ])('is damaged with %s', (_, list) => {
    const stack = stackOf([adding('one', 1), compress(), seal(generateSecret())])
    expect(() => decodeEnvelope(fromHex(TRANSFORMED_HEADER + list), stack)).toThrow(UnreadableRecordError)
  })

  it('is damaged when it was compressed after it was sealed, though each could be undone', () => {
    const transforms = [seal(generateSecret()), { ...adding('one', 1), name: 'deflate' }]
    const record = applyTransforms(plain, stackOf(transforms))
    expect(() => decodeEnvelope(record, stackOf(transforms))).toThrow(/damaged: it was compressed after/)
  })

  it('is unreadable when a transform throws, but stays a misdeploy or a mistake in the options', () => {
    const throwing = (error: Error): Transform => ({
      ...adding('one', 1),
      undo() {
        throw error
      },
    })
    const record = applyTransforms(plain, stackOf([adding('one', 1)]))
    const cause = new TypeError('boom')
    expect(() => decodeEnvelope(record, stackOf([throwing(cause)]))).toThrow(
      expect.objectContaining({ code: 'ERR_SESSION_UNREADABLE', cause }),
    )
    for (const error of [new MisdeployError('key'), new SessionConfigError('secret')]) {
      expect(() => decodeEnvelope(record, stackOf([throwing(error)]))).toThrow(error)
    }
  })

  it('is not written when a transform throws', () => {
    const apply = () => {
      throw new TypeError('boom')
    }
    expect(() => applyTransforms(plain, stackOf([{ ...adding('one', 1), apply }]))).toThrow(CodecError)
  })
})

describe('maxBytes', () => {
  const growing: Transform = {
    name: 'growing',
    apply: (bytes) => bytes.subarray(0, 1),
    undo: () => new Uint8Array(10_001),
  }

  it('holds for the stored bytes before anything is undone', () => {
    const never: Transform = { ...adding('one', 1), undo: () => expect.unreachable() }
    const record = applyTransforms(plain, stackOf([adding('one', 1)]))
    expect(() => decodeEnvelope(record, stackOf([never], { maxBytes: record.length - 1 }))).toThrow(
      UnreadableRecordError,
    )
    expect(() => decodeEnvelope(plain, stackOf([], { maxBytes: plain.length - 1 }))).toThrow(UnreadableRecordError)
    expect(decodeEnvelope(record, stackOf([adding('one', 1)], { maxBytes: record.length }))).toEqual(sample)
  })

  it('holds for what each step gives', () => {
    const record = applyTransforms(plain, stackOf([growing]))
    expect(() => decodeEnvelope(record, stackOf([growing]))).toThrow(/over `maxRecordBytes` \(10000\) once/)
  })

  it('refuses to write what could not be read back', () => {
    const big = encodeEnvelope({ ...sample, data: new Uint8Array(20_000) })
    expect(() => applyTransforms(big, stackOf([compress()]))).toThrow(
      expect.objectContaining({ code: 'ERR_SESSION_TOO_LARGE' }),
    )
    const doubling: Transform = { ...growing, apply: (bytes) => new Uint8Array(2 * bytes.length) }
    const half = encodeEnvelope({ ...sample, data: new Uint8Array(6000) })
    expect(() => applyTransforms(half, stackOf([doubling, compress()]))).toThrow(
      expect.objectContaining({ code: 'ERR_SESSION_TOO_LARGE' }),
    )
  })

  it('stops a bomb, sealed or not', () => {
    const secret = generateSecret()
    const bomb = deflateRawSync(new Uint8Array(2 ** 26), { level: 9 })
    const raw: Transform = { name: 'deflate', apply: () => bomb, undo: () => expect.unreachable() }
    for (const outer of [[], [seal(secret)]]) {
      const record = applyTransforms(plain, stackOf([raw, ...outer], { maxBytes: 200_000 }))
      const reading = () => decodeEnvelope(record, stackOf([compress(), ...outer], { maxBytes: 200_000 }))
      expect(reading).toThrow(UnreadableRecordError)
      expect(reading).toThrow(
        expect.objectContaining({ cause: expect.objectContaining({ code: 'ERR_BUFFER_TOO_LARGE' }) as unknown }),
      )
    }
  })
})
