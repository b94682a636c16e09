import { createHmac, timingSafeEqual } from 'node:crypto'
import { fillRandom } from '../core/random.js'

const BYTES = 32
const TOKEN = /^[A-Za-z0-9_-]{86}$/

/**
 * A token of a session: a one-time pad, and the secret under it. Each one looks different, so that a page which is compressed tells
 * nothing about the secret letter by letter (BREACH).
 * @param form the form that it is for alone; empty for every form of the session
 */
export function maskedToken(seed: string, form: string): string {
  const out = Buffer.alloc(2 * BYTES)
  fillRandom(out.subarray(0, BYTES))
  const secret = secretOf(seed, form)
  for (let i = 0; i < BYTES; i++) out[BYTES + i] = (out[i] as number) ^ (secret[i] as number)
  return out.toString('base64url')
}

/** Compared in constant time. */
export function isToken(token: unknown, seed: string, form: string): boolean {
  if (typeof token !== 'string' || !TOKEN.test(token)) return false
  const bytes = Buffer.from(token, 'base64url')
  for (let i = 0; i < BYTES; i++) bytes[BYTES + i] = (bytes[BYTES + i] as number) ^ (bytes[i] as number)
  return timingSafeEqual(bytes.subarray(BYTES), secretOf(seed, form))
}

function secretOf(seed: string, form: string): Buffer {
  return createHmac('sha256', seed).update(`zession csrf\0${form}`).digest()
}
