import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { UnreadableRecordError } from '../core/errors.js'
import { damaged, readText, readTime, view, writeTime } from './envelope-fields.js'

/** What is left under an old id after a rotation, for a while: where the session went. */
export interface RedirectHeader {
  /** Until then the old id leads to the session; later its use is reported. Milliseconds since the Unix epoch. */
  readonly graceUntil: number
  /** The store key of the session, so that whoever ends the old one reaches it. */
  readonly nextKey: string
}

export interface Redirect extends RedirectHeader {
  readonly nextId: string
}

const FORMAT = 2
const NONCE = 12
const TAG = 16
const CIPHER = 'aes-256-gcm'

export function isRedirect(bytes: Uint8Array): boolean {
  return bytes[0] === FORMAT
}

/**
 * Format byte 2, six bytes of milliseconds, the length of the next key in a byte, the key; then sealed, with all of that
 * authenticated: a nonce of 12, the next id, a tag of 16. The seal's key comes from the old id alone, so whoever reads the
 * store learns no id, and only who had the old one learns the next.
 * @param name of the session definition
 */
export function encodeRedirect({ graceUntil, nextKey, nextId }: Redirect, name: string, oldId: string): Uint8Array {
  const key = Buffer.from(nextKey)
  const header = new Uint8Array(8 + key.length)
  header[0] = FORMAT
  writeTime(header, 1, graceUntil)
  header[7] = key.length
  header.set(key, 8)
  const nonce = randomBytes(NONCE)
  const cipher = createCipheriv(CIPHER, keyOf(name, oldId), nonce, { authTagLength: TAG }).setAAD(header)
  const sealed = [cipher.update(nextId, 'utf8'), cipher.final()]
  return new Uint8Array(Buffer.concat([header, nonce, ...sealed, cipher.getAuthTag()]))
}

/** What may be known without the old id. @throws UnreadableRecordError when the bytes are damaged */
export function readRedirectHeader(bytes: Uint8Array): RedirectHeader {
  return parse(bytes).header
}

/** @throws UnreadableRecordError when the bytes are damaged or were made for another id */
export function decodeRedirect(bytes: Uint8Array, name: string, oldId: string): Redirect {
  const { header, end } = parse(bytes)
  const tagAt = bytes.length - TAG
  if (tagAt < end + NONCE) throw damaged('a redirect is cut short')
  try {
    const nonce = view(bytes, end, end + NONCE)
    const decipher = createDecipheriv(CIPHER, keyOf(name, oldId), nonce, { authTagLength: TAG })
    decipher.setAAD(view(bytes, 0, end)).setAuthTag(view(bytes, tagAt, bytes.length))
    const opened = Buffer.concat([decipher.update(view(bytes, end + NONCE, tagAt)), decipher.final()])
    return { ...header, nextId: opened.toString('utf8') }
  } catch (cause) {
    throw new UnreadableRecordError('A stored redirect from an old session id cannot be opened.', { cause })
  }
}

function parse(bytes: Uint8Array): { header: RedirectHeader; end: number } {
  const cursor = { at: 1 }
  const graceUntil = readTime(bytes, cursor)
  const nextKey = readText(bytes, cursor)
  return { header: { graceUntil, nextKey }, end: cursor.at }
}

function keyOf(name: string, oldId: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', oldId, '', `zession forward ${name}`, 32))
}
