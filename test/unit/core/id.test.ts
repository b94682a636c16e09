import { describe, expect, it } from 'vitest'
import { generatedIds, hashedKey, randomIds, refOf } from '../../../src/core/id.js'
import { randomToken } from '../../../src/core/random.js'

describe('ids', () => {
  it('M015 ASVS 7.2.3 256 random bits, all different', () => {
    const made = new Set(Array.from({ length: 10_000 }, () => randomIds.generate()))
    expect(made.size).toBe(10_000)
    for (const id of made) expect(id).toMatch(/^[A-Za-z0-9_-]{43}$/)
  })

  it('every position of a token varies: the pool is never read twice', () => {
    const tokens = Array.from({ length: 2000 }, () => randomToken(32))
    for (let at = 0; at < 43; at++) expect(new Set(tokens.map((token) => token[at])).size).toBeGreaterThan(8)
  })

  it('M018 D2 accepts only its own syntax', () => {
    const { accepts, generate } = randomIds
    expect(accepts(generate())).toBe(true)
    for (const other of [
      '',
      'a'.repeat(42),
      'a'.repeat(44),
      `${'a'.repeat(42)}*`,
      `${'a'.repeat(42)}\n`,
      `${'a'.repeat(42)}/`,
      '../session/ad2c7',
    ])
      expect(accepts(other)).toBe(false)
  })

  it('D7 M016 M017 an own generator is held to 128 bits, and refused rather than corrected', () => {
    expect(generatedIds(() => 'a'.repeat(22)).generate()).toBe('a'.repeat(22))
    for (const id of ['short', 'has space has space has space', '', 'a'.repeat(300)])
      expect(() => generatedIds(() => id).generate()).toThrow(/128 random bits/)
  })

  it('key and ref are one-way, differ from each other and between definitions', () => {
    const id = randomIds.generate()
    const all = [hashedKey('a', id), hashedKey('b', id), refOf(hashedKey('a', id)), refOf(hashedKey('b', id))]
    expect(new Set(all).size).toBe(4)
    for (const text of all) expect(text).not.toContain(id.slice(0, 8))
    expect(hashedKey('a', id)).not.toContain(refOf(hashedKey('a', id)))
  })
})
