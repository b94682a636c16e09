import { createHmac, timingSafeEqual } from 'node:crypto'
import { test } from '../../core/options/rule.js'

/** One secret, or a list in any order: each is tried. */
export type OldSecrets = string | Uint8Array | readonly (string | Uint8Array)[]

const isKey = (value: unknown) => (typeof value === 'string' || value instanceof Uint8Array) && value.length > 0

/** Keys of other libraries are as short as those let them be. */
export const oldSecretsRule = test<OldSecrets>('a secret, or a list of them, none of them empty', (value) =>
  isKey(value) || (Array.isArray(value) && value.length > 0 && value.every(isKey)))

/** Copies: the caller may wipe what was given. */
export function keysOf(secrets: OldSecrets): readonly Uint8Array[] {
  const list = typeof secrets === 'string' || secrets instanceof Uint8Array ? [secrets] : secrets
  return list.map((key) => new Uint8Array(Buffer.from(key as Uint8Array)))
}

/** `value.signature`, with the signature in base64 without padding, as cookie-signature and @fastify/cookie write it. */
export function unsigned(text: string, keys: readonly Uint8Array[], algorithm = 'sha256'): string | undefined {
  const dot = text.lastIndexOf('.')
  if (dot < 1) return undefined
  const value = text.slice(0, dot)
  const tag = text.slice(dot + 1)
  return keys.some((key) => sameText(createHmac(algorithm, key).update(value).digest('base64').replace(/=+$/, ''), tag))
    ? value
    : undefined
}

/** In constant time for texts of one length. */
export function sameText(a: string, b: string): boolean {
  const [first, second] = [Buffer.from(a), Buffer.from(b)]
  return first.length === second.length && timingSafeEqual(first, second)
}
