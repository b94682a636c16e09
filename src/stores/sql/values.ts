import { StoreError } from '../../core/errors.js'

// What a driver hands out for a column depends on its options, its global parsers and the server: 0 may be 0, 0n, '0' or false.
// So values are read by what they say, never by whether they are truthy, and what says nothing is an error.

/** @throws StoreError for what is no whole number that JavaScript holds exactly */
export function toInteger(value: unknown): number {
  const number =
    typeof value === 'bigint' || typeof value === 'boolean'
      ? Number(value)
      : typeof value === 'string' && /^-?\d{1,16}$/.test(value)
        ? Number(value)
        : value
  if (typeof number === 'number' && Number.isSafeInteger(number)) return number
  throw unexpected(value, 'a whole number')
}

/** Bytes in an array of their own: a driver's Buffer may be a window on its pool. */
export function toBytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return new Uint8Array(value)
  if (value instanceof ArrayBuffer) return new Uint8Array(value)
  // As Cloudflare D1 hands them out.
  if (Array.isArray(value) && value.every(isByte)) return Uint8Array.from(value)
  // As PostgreSQL writes them, to a driver that was told not to read them.
  if (typeof value === 'string' && /^\\x(?:[0-9a-f]{2})*$/.test(value)) {
    return new Uint8Array(Buffer.from(value.slice(2), 'hex'))
  }
  throw unexpected(value, 'bytes')
}

const isByte = (item: unknown) => Number.isInteger(item) && (item as number) >= 0 && (item as number) <= 255

/** Text that is stored as its UTF-8 bytes. */
export function toText(value: unknown): string {
  return Buffer.from(toBytes(value).buffer).toString('utf8')
}

function unexpected(value: unknown, wanted: string): StoreError {
  const shape = value === null || typeof value !== 'object' ? typeof value : (value.constructor?.name ?? 'object')
  return new StoreError(
    `The database driver gave a value of type ${shape} where ${wanted} was expected. Give the store a connection without type parsers (typeCast, types) that change integers or bytes.`,
  )
}
