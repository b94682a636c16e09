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
  open(text: string): { readonly bytes: Uint8Array; readonly isNewest: boolean } | undefined
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
  readonly revocations: { readonly store: SessionStore; readonly lag: number } | undefined
  /** Where a session lives whose cookie would be larger than `above` bytes. */
  readonly overflow: { readonly store: SessionStore; readonly above: number } | undefined
  /** Seals for one cookie of one definition. */
  sealFor(place: SealFor<Ring>): Seal
}

export function isSealedCarrier<Ring>(store: unknown): store is SealedCarrier<Ring> {
  return typeof (store as Partial<SealedCarrier> | undefined)?.sealFor === 'function'
}
