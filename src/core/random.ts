import { randomFillSync } from 'node:crypto'

const POOL_BYTES = 8192
let pool = Buffer.alloc(0)
let used = 0

/** `bytes` random bytes as base64url. */
export function randomToken(bytes: number): string {
  const from = draw(bytes)
  const token = pool.toString('base64url', from, used)
  // A token must not be readable in memory by a later reader of the pool.
  pool.fill(0, from, used)
  return token
}

/** Fills a small array with random bytes, such as a nonce. */
export function fillRandom(into: Uint8Array): void {
  const from = draw(into.length)
  into.set(pool.subarray(from, used))
}

/** From a pool: one system call serves many draws, and no byte serves two. @returns where in the pool they begin */
function draw(bytes: number): number {
  if (used + bytes > pool.length) {
    pool = randomFillSync(Buffer.allocUnsafeSlow(POOL_BYTES))
    used = 0
  }
  used += bytes
  return used - bytes
}
