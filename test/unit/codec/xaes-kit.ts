import { createHash } from 'node:crypto'
import { xaes } from '../../../src/codec/xaes.js'

/** The accumulated test of the specification: a digest over messages whose keys, nonces and lengths SHAKE128 gives. Each is opened too. */
export function accumulated(messages: number): string {
  // A message reads 313 bytes on average, 568 at most; the sum of many strays by far less than what is added here.
  const stream = createHash('shake128', { outputLength: messages * 315 + 10_000 }).digest()
  let at = 0
  const take = (length: number) => stream.subarray(at, (at += length))
  const digest = createHash('shake128', { outputLength: 32 })
  for (let i = 0; i < messages; i++) {
    const cipher = xaes(take(32))
    const nonce = take(24)
    const plaintext = take(take(1)[0] as number)
    const aad = take(take(1)[0] as number)
    const sealed = cipher.seal(nonce, plaintext, aad)
    if (!cipher.open(nonce, sealed, aad).equals(plaintext)) throw new Error(`message ${i} does not open`)
    digest.update(sealed)
  }
  if (at > stream.length) throw new Error('the stream was too short')
  return digest.digest('hex')
}
