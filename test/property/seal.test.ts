import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compress } from '../../src/codec/compress.js'
import { decodeEnvelope, type Envelope, encodeEnvelope } from '../../src/codec/envelope.js'
import { readHeader } from '../../src/codec/envelope-header.js'
import { applyTransforms, type TransformStack } from '../../src/codec/envelope-transforms.js'
import { seal } from '../../src/codec/seal.js'
import { MisdeployError, UnreadableRecordError } from '../../src/core/errors.js'

const secrets = ['property-kX9vTq2Lw7Zr4mBn8sYc3pHd6fJg1aEo', 'property-other-Yc3pHd6fJg1aEo5uRi0tQzMkX9']
const sample: Envelope = {
  name: 'shop',
  codec: 'cbor',
  schemaVersion: 1,
  persistent: true,
  createdAt: 1_700_000_000_123,
  absoluteExpiresAt: 1_700_000_000_123 + 30 * 86_400_000,
  idleMs: 1_800_000,
  data: new Uint8Array(300).fill(0x61),
  flash: new Uint8Array([0xa0]),
}
const base: TransformStack = { transforms: [], key: 'shop:h1.key', id: 'the-id', maxBytes: 10_000, now: 0 }
const sealing = [
  { kind: 'sealed', stack: { ...base, transforms: [seal(secrets)] } },
  { kind: 'sealed for its holder', stack: { ...base, transforms: [seal(secrets, { holder: true })] } },
  { kind: 'compressed and sealed', stack: { ...base, transforms: [compress({ above: 10 }), seal(secrets)] } },
]

function expectRefused(record: Uint8Array, stack: TransformStack, what: string): void {
  let thrown: unknown
  try {
    decodeEnvelope(record, stack)
  } catch (error) {
    thrown = error
  }
  expect(thrown instanceof UnreadableRecordError || thrown instanceof MisdeployError, what).toBe(true)
}

describe.each(sealing)('a record that is $kind', ({ stack }) => {
  const record = applyTransforms(encodeEnvelope(sample), stack)

  it('is read as it is', () => {
    expect(decodeEnvelope(record, stack)).toEqual(sample)
  })

  it('gives no value whichever byte is changed, by each bit and by several at once', () => {
    const masks = [1, 2, 4, 8, 16, 32, 64, 128, 0x03, 0x0f, 0x55, 0x7f, 0x81, 0xaa, 0xf0, 0xff]
    for (let at = 0; at < record.length; at++) {
      for (const mask of masks) {
        const damaged = record.slice()
        damaged[at] = (damaged[at] ?? 0) ^ mask
        expectRefused(damaged, stack, `${at} ^ ${mask}`)
      }
    }
  })

  it('gives no value when cut short at any length, or followed by anything', () => {
    for (let length = 0; length < record.length; length++) expectRefused(record.slice(0, length), stack, `${length}`)
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (tail) => {
        expectRefused(new Uint8Array([...record, ...tail]), stack, 'tail')
      }),
    )
  })

  it('gives no value when bytes are moved, dropped or put in', () => {
    const cut = fc.nat(record.length)
    fc.assert(
      fc.property(cut, cut, fc.uint8Array({ maxLength: 20 }), (a, b, between) => {
        const changed = new Uint8Array([...record.slice(0, a), ...between, ...record.slice(b)])
        fc.pre(Buffer.compare(changed, record) !== 0)
        expectRefused(changed, stack, `${a} ${b}`)
      }),
      { numRuns: 1000 },
    )
  })

  it('gives no value under another key, nor behind the header of another record', () => {
    const { bodyAt } = readHeader(record)
    const header = fc.record({
      name: fc.constantFrom('shop', 'admin'),
      codec: fc.constantFrom('cbor', 'json'),
      schemaVersion: fc.constantFrom(1, 2),
      persistent: fc.boolean(),
      createdAt: fc.constantFrom(sample.createdAt, 0),
      absoluteExpiresAt: fc.constantFrom(sample.absoluteExpiresAt, 2 ** 48 - 1),
      idleMs: fc.constantFrom(sample.idleMs, 1000),
      flash: fc.constantFrom(sample.flash, undefined),
    })
    fc.assert(
      fc.property(header, fc.constantFrom(base.key, 'shop:h1.other'), (changes, key) => {
        const other = applyTransforms(encodeEnvelope({ ...sample, ...changes }), { ...stack, key })
        const otherHeader = other.slice(0, readHeader(other).bodyAt)
        const spliced = new Uint8Array([...otherHeader, ...record.slice(bodyAt)])
        fc.pre(key !== base.key || Buffer.compare(otherHeader, record.slice(0, bodyAt)) !== 0)
        expectRefused(spliced, { ...stack, key }, 'spliced')
      }),
    )
  })

  it('is not stripped of its seal', () => {
    const plain = encodeEnvelope(sample)
    expectRefused(plain, stack, 'plain')
    const squeezed = compress({ above: 10 })
    expectRefused(
      applyTransforms(plain, { ...stack, transforms: [squeezed] }),
      { ...stack, transforms: [squeezed, seal(secrets)] },
      'only compressed',
    )
  })
})

describe('a sealed record and its id', () => {
  it('opens for its holder only', () => {
    const { stack } = sealing[1] as (typeof sealing)[1]
    const record = applyTransforms(encodeEnvelope(sample), stack)
    fc.assert(
      fc.property(fc.string(), (id) => {
        fc.pre(id !== stack.id)
        expectRefused(record, { ...stack, id }, 'other id')
      }),
    )
  })
})
