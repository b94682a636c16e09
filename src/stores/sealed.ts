/**
 * The port of carriers: whole sessions that the client keeps, sealed. It is no store. Nothing is kept under a key, nothing is compared,
 * and nothing can be taken back, unless a store beside it remembers what has ended or holds what is too large.
 */
import type { SessionStore, StoreGuarantees } from './port.js'

/** What the session layer has sealed by a carrier. */
export interface Seal {
  /** Bytes as text of base64url. */
  seal(bytes: Uint8Array): string
  /** What a text holds; undefined when it was changed, was made for another place, or its secret is gone. */
  open(text: string):
    | {
        /** The bytes as they were before they were sealed. */
        readonly bytes: Uint8Array
        /** Whether the first secret has sealed them. If not, they need a new seal before the older one goes. */
        readonly isNewest: boolean
      }
    | undefined
  /** How long the text for this many bytes is. */
  lengthOf(bytes: number): number
}

/** What a seal is for: no other place opens what was sealed for it. */
export interface SealFor<Ring> {
  /** The name of the definition. */
  readonly definition: string
  /** The name of the cookie, with prefix. */
  readonly cookie: string
  /** The secrets of the definition, for a carrier that has none of its own; undefined where it has none either. */
  readonly keyring: (() => Ring) | undefined
}

/** Whole sessions in cookies: what `cookieStore()` makes. */
export interface SealedCarrier<Ring = unknown> {
  /** What it promises. */
  readonly guarantees: StoreGuarantees
  /** Whether what the client keeps is secret from it, too; if not, it is signed alone. */
  readonly isEncrypted: boolean
  /** Whether it brings secrets of its own. */
  readonly hasSecrets: boolean
  /** How many cookies one session may take. */
  readonly chunks: number
  /** The values of a session over which they are compressed, in bytes; undefined for never. */
  readonly compressAbove: number | undefined
  /** Where it is remembered what has ended, and how stale that may be, in seconds. */
  readonly revocations:
    | {
        /** Keeps what ended before its deadline, one session or many at once, and which flashes were delivered. */
        readonly store: SessionStore
        /** Seconds for which a process takes a session for live without asking again; 0 asks with each request. */
        readonly lag: number
      }
    | undefined
  /** Where a session lives whose cookie would be larger than `above` bytes. */
  readonly overflow:
    | {
        /** Keeps the records of the larger sessions, under the id that stays in the cookie. */
        readonly store: SessionStore
        /** Bytes that a cookie may take at most, name, value and attributes together. */
        readonly above: number
      }
    | undefined
  /** Seals for one cookie of one definition. */
  sealFor(place: SealFor<Ring>): Seal
}

export function isSealedCarrier<Ring>(store: unknown): store is SealedCarrier<Ring> {
  return typeof (store as Partial<SealedCarrier> | undefined)?.sealFor === 'function'
}
