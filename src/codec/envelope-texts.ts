import { CodecError } from '../core/errors.js'

/** The name of a definition and of its codec, encoded. */
export interface Texts {
  readonly name: string
  readonly codec: string
  /** Both, each after its length byte. */
  readonly bytes: Uint8Array
}

/**
 * A process has a handful of definitions and codecs, so their encoded names are kept. The cap keeps a process that makes
 * definitions all the time from growing the list: past it, names are worked out each time.
 */
const known: Texts[] = []
const MAX_KNOWN = 16
const MAX_TEXT_BYTES = 255

/** @throws CodecError when one is empty, too long or not well-formed; `path` is the field's name */
export function textsFor(name: string, codec: string): Texts {
  for (const texts of known) if (texts.name === name && texts.codec === codec) return texts
  const first = encodeText(name, 'name')
  const second = encodeText(codec, 'codec')
  const bytes = new Uint8Array(2 + first.length + second.length)
  bytes[0] = first.length
  bytes.set(first, 1)
  bytes[1 + first.length] = second.length
  bytes.set(second, 2 + first.length)
  const texts = { name, codec, bytes }
  if (known.length < MAX_KNOWN) known.push(texts)
  return texts
}

/** The names after the format byte of a record, if they are ones that were written here before. */
export function knownTexts(record: Uint8Array): Texts | undefined {
  for (const texts of known) if (startsWith(record, texts.bytes)) return texts
  return undefined
}

function startsWith(bytes: Uint8Array, texts: Uint8Array): boolean {
  if (bytes.length <= texts.length) return false
  for (let i = 0; i < texts.length; i++) if (bytes[i + 1] !== texts[i]) return false
  return true
}

export function encodeText(text: string, field: 'name' | 'codec' | 'cookie'): Uint8Array {
  const bytes = new TextEncoder().encode(text)
  if (
    bytes.length === 0 ||
    bytes.length > MAX_TEXT_BYTES ||
    new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes) !== text
  ) {
    throw new CodecError(
      `The ${field} of a session record must be 1 to ${MAX_TEXT_BYTES} bytes of well-formed text (it is ${bytes.length}).`,
      field,
    )
  }
  return bytes
}
