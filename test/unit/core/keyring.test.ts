import { createHmac, hkdfSync } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { SessionConfigError } from '../../../src/core/errors.js'
import { createKeyring, generateSecret } from '../../../src/core/keyring.js'

const good = 'kX9-vTq2Lw7_Zr4mBn8sYc3pHd6fJg1aEo5uRi0tQzM'
const bytesOf = (from: number) => new Uint8Array(32).map((_, i) => from + i)

describe('the key ring (M107, M109)', () => {
  it('derives what HKDF-SHA256 and HMAC-SHA256 say, for ever', () => {
    const [{ id, key }] = createKeyring(good).derive('seal')
    const expected = Buffer.from(hkdfSync('sha256', Buffer.from(good), '', 'zession seal', 32))
    expect(key.export()).toEqual(expected)
    expect(id).toEqual(new Uint8Array(createHmac('sha256', expected).update('zession key id').digest().subarray(0, 4)))
    expect(Buffer.from(id).toString('hex')).toBe('b08dde9b')
  })

  it('gives each purpose and each secret a key of its own, newest first, and the same one again', () => {
    const other = generateSecret()
    const ring = createKeyring([good, other])
    const all = [...ring.derive('a'), ...ring.derive('b')]
    expect(new Set(all.map(({ key }) => key.export().toString('hex'))).size).toBe(4)
    expect(new Set(all.map(({ id }) => String(id))).size).toBe(4)
    expect(ring.derive('a')[1]?.key.equals(createKeyring(other).derive('a')[0].key)).toBe(true)
    expect(ring.derive('a')).toBe(ring.derive('a'))
  })

  it('takes text, bytes and lists of both', () => {
    expect(createKeyring(good).derive('x')).toHaveLength(1)
    expect(createKeyring([bytesOf(0), good, Buffer.from(bytesOf(100))]).derive('x')).toHaveLength(3)
  })

  it('keeps working when the caller wipes the bytes it gave, and does not change them', () => {
    const bytes = bytesOf(7)
    const expected = createKeyring([bytesOf(7)]).derive('x')[0].key
    const ring = createKeyring([bytes])
    expect(bytes).toEqual(bytesOf(7))
    bytes.fill(0)
    expect(ring.derive('x')[0].key.equals(expected)).toBe(true)
  })

  it.each<[string, unknown, RegExp]>([
    ['empty', '', /has 0 characters/],
    ['a character short', good.slice(0, 31), /has 31 characters, of at least 32/],
    ['a byte short', [bytesOf(0).subarray(1)], /has 31 bytes, of at least 32/],
    ['absent', undefined, /is undefined, not a string/],
    ['a number', 42, /is a number, not a string/],
    ['no secret', [], /list of secrets is empty/],
    ['few characters', 'aabbccddaabbccddaabbccddaabbccddab', /only 4 different characters/],
    ['zero bytes', [new Uint8Array(32)], /only 1 different bytes/],
    ['repeated', 'q7Rk-2Wx9q7Rk-2Wx9q7Rk-2Wx9q7Rk-2Wx9', /repeats one part/],
    ['twice', [good, generateSecret(), good], /Secrets 1 and 3 are the same/],
    ['twice in two forms', [good, new TextEncoder().encode(good)], /Secrets 1 and 2 are the same/],
    ['weak in second place', [good, 'short'], /Secret 2 of 2 has 5 characters/],
  ])('refuses what is %s', (_, secrets, message) => {
    let thrown: unknown
    try {
      createKeyring(secrets as string)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(SessionConfigError)
    expect((thrown as Error).message).toMatch(message)
  })

  it('never shows a secret: not in an error, not when it is printed', () => {
    const short = '7Rk2Wx9Lq4Tm8Vb3Nc6Yd1Ph5'
    expect(() => createKeyring([good, short])).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('7Rk2') as string }),
    )
    const ring = createKeyring(good)
    const key = ring.derive('x')[0].key
    const shown = inspect([ring, ring.derive('x')], { depth: 9, showHidden: true }) + JSON.stringify(ring.derive('x'))
    expect(shown).not.toContain(good)
    expect(shown).not.toContain(key.export().toString('hex'))
    expect(shown).not.toContain(key.export().toString('base64'))
  })

  it('is given good secrets by generateSecret (M111)', () => {
    const secrets = Array.from({ length: 2000 }, generateSecret)
    expect(new Set(secrets).size).toBe(2000)
    for (const secret of secrets) expect(secret).toMatch(/^[A-Za-z0-9_-]{43}$/)
    createKeyring(secrets)
  })
})
