import { createDecipheriv, createHmac, hkdfSync } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import { compress } from '../../../src/codec/compress.js'
import { decodeEnvelope, type Envelope, encodeEnvelope } from '../../../src/codec/envelope.js'
import { applyTransforms, type TransformStack } from '../../../src/codec/envelope-transforms.js'
import type { Transform } from '../../../src/codec/port.js'
import { seal } from '../../../src/codec/seal.js'
import { MisdeployError, SessionConfigError, UnreadableRecordError } from '../../../src/core/errors.js'
import { createKeyring, generateSecret } from '../../../src/core/keyring.js'

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
const wide: Envelope = { ...sample, data: fromHex(`a1616178c8${'61'.repeat(200)}`) }
const plain = encodeEnvelope(sample)

const SECRET = 'frozen-fixture-kX9vTq2Lw7Zr4mBn8sYc3pHd6fJg1aEo'
const HEADER = '010473686f700463626f72030f018bcfe5687b809a9e01880e'
/** Written once, read for ever. */
const FROZEN = {
  sealed: `${HEADER}01047365616c0397c32c67c487142b1323d50288a23c6c888dabab49464f8c690e0c24880d85075afb557f06`,
  holder: `${HEADER}01047365616c0c54c3ea4ed91e89c1b9398ad6c18edf2bdfd330ed98c1617f8070de1e1a926ae49ca1af4bbe`,
  deflated: `${HEADER}01076465666c6174653bcbb83031b1e244e230010b00`,
  both: `${HEADER}02076465666c617465047365616c0397c32cc0b9aa69598d4ba4ed50e5a77ec26873e962e34352c5057fbc08e07fe36aba2a60f68c7ad5cd3db942`,
}
const frozenStack = stackOf([compress(), seal(SECRET, { acceptPlain: new Date(9e15 / 2) })], {
  key: 'shop:h1.frozen',
  id: 'frozen-id',
})

function fromHex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'))
}

function stackOf(transforms: readonly Transform[], more: Partial<TransformStack> = {}): TransformStack {
  return { transforms, key: 'shop:h1.key', id: 'the-id', maxBytes: 10_000, now: 0, ...more }
}

describe('frozen records', () => {
  it.each([
    ['sealed', sample],
    ['holder', sample],
    ['deflated', wide],
    ['both', wide],
  ] as const)('reads the one that is %s', (kind, envelope) => {
    expect(decodeEnvelope(fromHex(FROZEN[kind]), frozenStack)).toEqual(envelope)
  })

  it('opens with nothing but the algorithm of docs/format.md', () => {
    const derived = Buffer.from(hkdfSync('sha256', SECRET, '', 'zession seal', 32))
    const listed = (...parts: string[]) =>
      Buffer.concat(
        parts.flatMap((part) => [
          Buffer.from([0, 0, 0, Buffer.byteLength(part, 'latin1')]),
          Buffer.from(part, 'latin1'),
        ]),
      )
    const record = Buffer.from(FROZEN.sealed, 'hex')
    const header = record.subarray(0, HEADER.length / 2 + 6)
    const blob = record.subarray(header.length)
    const key = createHmac('sha256', derived).update(listed('shop', 'shop:h1.frozen')).digest()
    const decipher = createDecipheriv('aes-256-gcm', key, blob.subarray(4, 16))
    decipher.setAAD(listed(header.toString('latin1'), 'shop', 'shop:h1.frozen')).setAuthTag(blob.subarray(-16))
    const body = Buffer.concat([decipher.update(blob.subarray(16, -16)), decipher.final()])
    expect(body.toString('hex')).toBe('04a1616101a0')
    expect(blob.subarray(0, 4)).toEqual(createHmac('sha256', derived).update('zession key id').digest().subarray(0, 4))
  })
})

describe('seal()', () => {
  it('comes back as it was, 38 bytes longer, with no value in sight', () => {
    const envelope = { ...sample, data: new TextEncoder().encode('a value that nobody may see') }
    const record = applyTransforms(encodeEnvelope(envelope), stackOf([seal(SECRET)]))
    expect(record.length).toBe(encodeEnvelope(envelope).length + 38)
    expect(Buffer.from(record).includes('value')).toBe(false)
    expect(decodeEnvelope(record, stackOf([seal(SECRET)]))).toEqual(envelope)
  })

  it('seals the same record differently each time', () => {
    const stack = stackOf([seal(SECRET)])
    const blobs = Array.from({ length: 200 }, () => Buffer.from(applyTransforms(plain, stack)).toString('hex'))
    expect(new Set(blobs).size).toBe(200)
  })

  it('binds a record to its key and session name, and with `holder` to its id', () => {
    for (const holder of [false, true]) {
      const transforms = [seal(SECRET, { holder })]
      const record = applyTransforms(plain, stackOf(transforms))
      expect(() => decodeEnvelope(record, stackOf(transforms, { key: 'shop:h1.other' }))).toThrow(UnreadableRecordError)
      const reading = () => decodeEnvelope(record, stackOf(transforms, { id: 'other' }))
      if (holder) expect(reading).toThrow(UnreadableRecordError)
      else expect(reading()).toEqual(sample)
    }
  })

  it('does not confuse where name, key and id end', () => {
    const transforms = [seal(SECRET, { holder: true })]
    const record = applyTransforms(plain, stackOf(transforms, { key: 'ab', id: 'cd' }))
    expect(() => decodeEnvelope(record, stackOf(transforms, { key: 'abc', id: 'd' }))).toThrow(UnreadableRecordError)
  })

  it('reads both kinds whatever `holder` says, so that it can be switched', () => {
    for (const [writes, reads] of [
      [false, true],
      [true, false],
    ] as const) {
      const record = applyTransforms(plain, stackOf([seal(SECRET, { holder: writes })]))
      expect(decodeEnvelope(record, stackOf([seal(SECRET, { holder: reads })]))).toEqual(sample)
    }
  })

  it('says so where a record needs its holder and no id is known', () => {
    const transforms = [seal(SECRET, { holder: true })]
    const record = applyTransforms(plain, stackOf(transforms))
    const scanning = () => decodeEnvelope(record, stackOf(transforms, { id: '' }))
    expect(scanning).toThrow(UnreadableRecordError)
    expect(scanning).toThrow(/sealed for the holder/)
    expect(() => applyTransforms(plain, stackOf(transforms, { id: '' }))).toThrow(SessionConfigError)
  })
})

describe('rotation of secrets (M107)', () => {
  const [old, newer] = [generateSecret(), generateSecret()]

  it('writes with the first and reads with all', () => {
    const before = applyTransforms(plain, stackOf([seal(old)]))
    const rotated = stackOf([seal([newer, old])])
    expect(decodeEnvelope(before, rotated)).toEqual(sample)
    const after = applyTransforms(plain, rotated)
    expect(decodeEnvelope(after, stackOf([seal(newer)]))).toEqual(sample)
    expect(() => decodeEnvelope(after, stackOf([seal(old)]))).toThrow(MisdeployError)
  })

  it('calls a record of a removed secret a misdeploy: putting it back loses nothing', () => {
    const before = applyTransforms(plain, stackOf([seal(old)]))
    expect(() => decodeEnvelope(before, stackOf([seal(newer)]))).toThrow(MisdeployError)
    expect(() => decodeEnvelope(before, stackOf([seal(newer)]))).toThrow('none of the secrets')
  })

  it('takes a key ring that was made before', () => {
    const record = applyTransforms(plain, stackOf([seal(createKeyring([newer, old]))]))
    expect(decodeEnvelope(record, stackOf([seal(newer)]))).toEqual(sample)
  })
})

describe('secrets from a function', () => {
  it('asks on first use, once', () => {
    const secrets = vi.fn<() => string>(() => SECRET)
    const stack = stackOf([seal(secrets)])
    expect(secrets).not.toHaveBeenCalled()
    for (let i = 0; i < 3; i++) decodeEnvelope(applyTransforms(plain, stack), stack)
    expect(secrets).toHaveBeenCalledTimes(1)
  })

  it('takes a failure for a mistake in the options, never for a damaged record, and asks again', () => {
    const record = applyTransforms(plain, stackOf([seal(SECRET)]))
    const secrets = vi.fn<() => string>(() => SECRET)
    secrets.mockImplementationOnce(() => {
      throw new TypeError('no config yet')
    })
    secrets.mockImplementationOnce(() => 'weak')
    const stack = stackOf([seal(secrets)])
    expect(() => decodeEnvelope(record, stack)).toThrow(SessionConfigError)
    expect(() => decodeEnvelope(record, stack)).toThrow(SessionConfigError)
    expect(decodeEnvelope(record, stack)).toEqual(sample)
  })

  it('refuses weak secrets at once when they are given at once', () => {
    expect(() => seal('weak')).toThrow(SessionConfigError)
    expect(() => seal(undefined as never)).toThrow(SessionConfigError)
    expect(() => seal(null as never)).toThrow(SessionConfigError)
  })
})

describe('acceptPlain', () => {
  const until = new Date('2030-01-01T00:00:00Z')
  const transforms = [seal(SECRET, { acceptPlain: until })]

  it('reads plain records until then, and refuses them from then on', () => {
    expect(decodeEnvelope(plain, stackOf(transforms, { now: until.getTime() - 1 }))).toEqual(sample)
    expect(() => decodeEnvelope(plain, stackOf(transforms, { now: until.getTime() }))).toThrow(MisdeployError)
    expect(() => decodeEnvelope(plain, stackOf([seal(SECRET)]))).toThrow(MisdeployError)
  })

  it('seals what it writes', () => {
    const record = applyTransforms(plain, stackOf(transforms))
    expect(decodeEnvelope(record, stackOf([seal(SECRET)]))).toEqual(sample)
  })

  it('still refuses a sealed record that was changed', () => {
    const record = applyTransforms(plain, stackOf(transforms))
    record[record.length - 1] = (record[record.length - 1] ?? 0) ^ 1
    expect(() => decodeEnvelope(record, stackOf(transforms))).toThrow(UnreadableRecordError)
  })

  it('is a Date that is not read again', () => {
    const moving = new Date(1000)
    const stack = stackOf([seal(SECRET, { acceptPlain: moving })], { now: 1000 })
    moving.setTime(5000)
    expect(() => decodeEnvelope(plain, stack)).toThrow(MisdeployError)
  })
})
