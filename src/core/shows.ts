import { inspect } from 'node:util'

/** Whether an error shows one of these texts or bytes, down to its last property and cause, as libraries put keys and values into theirs. */
export function shows(error: Error, secrets: Iterable<unknown>): boolean {
  const text = inspect(error, { depth: 8, showHidden: true, maxStringLength: null, maxArrayLength: null })
  if (/<Buffer|Buffer\(|Uint8Array|ArrayBuffer/.test(text)) return true
  for (const secret of secrets) if (textsOf(secret).some((part) => text.includes(part))) return true
  return false
}

function textsOf(secret: unknown): string[] {
  if (typeof secret === 'string') return secret === '' ? [] : [secret]
  if (!(secret instanceof Uint8Array) || secret.length === 0) return []
  const bytes = Buffer.from(secret)
  return (['utf8', 'latin1', 'hex', 'base64'] as const).map((encoding) => bytes.toString(encoding))
}
