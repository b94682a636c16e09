import { hash } from 'node:crypto'

/** What stands for a known key name in a record: the first two bytes of the SHA-256 of its UTF-8 bytes, as a number. */
export function hashOfName(name: string): number {
  return Number.parseInt(hash('sha256', name, 'hex').slice(0, 4), 16)
}

/**
 * The name that an object gets for a hash no key is known for, written by a newer or older release. It starts with a lone
 * surrogate, which no key of a user can contain, because such a key is refused on write.
 */
export function nameOfUnknown(hashed: number): string {
  return MARK + hashed.toString(16).padStart(4, '0')
}

/** The hash behind a name of `nameOfUnknown`, undefined for any other name. */
export function unknownOf(name: string): number | undefined {
  return UNKNOWN.test(name) ? Number.parseInt(name.slice(MARK.length), 16) : undefined
}

/** Whether a name stands for one that this release does not know. */
export function isNameOfUnknown(name: string): boolean {
  return UNKNOWN.test(name)
}

const MARK = '\udc00#'
const UNKNOWN = /^\udc00#[0-9a-f]{4}$/
