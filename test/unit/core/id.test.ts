import { describe, expect, it } from 'vitest'
import { generatedIds, hashedKey, randomIds, randomToken, refOf } from '../../../src/core/id.js'

describe('ids', () => {
  it('M015 ASVS 7.2.3 256 random bits by default length, all different', () => {
    const ids = randomIds(32)
    const made = new Set(Array.from({ length: 10_000 }, () => ids.generate()))
    expect(made.size).toBe(10_000)
    for (const id of made) expect(id).toMatch(/^[A-Za-z0-9_-]{43}$/)
  })

  it('every position of a token varies: the pool is never read twice', () => {
    const tokens = Array.from({ length: 2000 }, () => randomToken(32))
    for (let at = 0; at < 43; at++) expect(new Set(tokens.map((token) => token[at])).size).toBeGreaterThan(8)
  })

  it('D7 M016 refuses fewer than 128 bits instead of correcting them', () => {
    for (const bytes of [0, 1, 3, 15, 15.5, NaN, -1, 1000])
      expect(() => randomIds(bytes)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }))
    const short = randomIds(16)
    expect(short.accepts(short.generate())).toBe(true)
  })

  it('M018 D2 accepts only its own syntax', () => {
    const { accepts, generate } = randomIds(32)
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

  it('M017 an own generator is held to the same floor', () => {
    expect(generatedIds(() => 'a'.repeat(22)).generate()).toBe('a'.repeat(22))
    for (const id of ['short', 'has space has space has space', '', 'a'.repeat(300)])
      expect(() => generatedIds(() => id).generate()).toThrow(/128 random bits/)
  })

  it('key and ref are one-way, differ from each other and between definitions', () => {
    const id = randomIds(32).generate()
    const all = [hashedKey('a', id), hashedKey('b', id), refOf(hashedKey('a', id)), refOf(hashedKey('b', id))]
    expect(new Set(all).size).toBe(4)
    for (const text of all) expect(text).not.toContain(id.slice(0, 8))
    expect(hashedKey('a', id)).not.toContain(refOf(hashedKey('a', id)))
  })
})
