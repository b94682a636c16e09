import { createCipheriv, createHmac, randomBytes } from 'node:crypto'
import { bytesOf, type SecureCookieOptions } from './options.js'

/**
 * Writes a cookie as gorilla/securecookie does, with the first pair of keys: `date|value|mac` in base64.
 * @param date seconds since the Unix epoch, from which the old app counts its `maxAge`
 */
export function sealSecureCookie(
  name: string,
  bytes: Uint8Array,
  date: number,
  { keys, hashFunction = 'sha256' }: SecureCookieOptions,
): string {
  const [{ hash, block } = { hash: '' }] = keys
  const value = base64(block === undefined ? bytes : encrypted(bytes, bytesOf(block)))
  const mac = createHmac(hashFunction, bytesOf(hash)).update(`${name}|${date}|${value}`).digest()
  return base64(Buffer.concat([Buffer.from(`${date}|${value}|`), mac]))
}

/** A random initial counter, then AES in counter mode. */
function encrypted(bytes: Uint8Array, key: Uint8Array): Buffer {
  const counter = randomBytes(16)
  const cipher = createCipheriv(`aes-${key.length * 8}-ctr`, key, counter)
  return Buffer.concat([counter, cipher.update(bytes), cipher.final()])
}

/** For URLs and with padding, as Go's base64.URLEncoding. */
function base64(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('base64url')
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=')
}
