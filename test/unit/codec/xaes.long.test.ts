import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { xaes } from '../../../src/codec/xaes.js'

it('XAES-256-GCM gives the published digest of a million accumulated messages', { timeout: 900_000 }, () => {
  const rounds = 1_000_000
  // A round reads 313 bytes on average; the sum of a million strays by far less than what is added here.
  const stream = createHash('shake128', { outputLength: rounds * 315 }).digest()
  let at = 0
  const take = (length: number) => stream.subarray(at, (at += length))
  const digest = createHash('shake128', { outputLength: 32 })
  for (let i = 0; i < rounds; i++) {
    const cipher = xaes(take(32))
    const nonce = take(24)
    const plaintext = take(take(1)[0] as number)
    const aad = take(take(1)[0] as number)
    digest.update(cipher.seal(nonce, plaintext, aad))
  }
  expect(at).toBeLessThan(stream.length)
  expect(digest.digest('hex')).toBe('2163ae1445985a30b60585ee67daa55674df06901b890593e824b8a7c885ab15')
})
