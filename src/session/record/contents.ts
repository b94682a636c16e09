import type { Login } from '../../codec/envelope-header.js'
import type { Lifetime } from '../../core/deadline.js'
import type { TypeRegistry } from '../../core/type-registry.js'
import { freezeOwned, isPlainObject, sameValue } from '../../core/value.js'
import type { TypedValue } from '../../schema/key.js'

/** A value of a session: frozen as far as possible. `pure` when nothing mutable is left, so that it needs no copy to hand out. */
export interface Entry extends TypedValue {
  readonly pure: boolean
}

export interface FlashEntry extends Entry {
  /** When it was set, in milliseconds since the Unix epoch. */
  readonly at: number
}

/** Everything a record says, as values. Never changed in place: changes are made on a draft. */
export interface Contents {
  readonly data: ReadonlyMap<string, Entry>
  readonly flash: ReadonlyMap<string, FlashEntry>
  /** Stored keys this schema does not know or no longer accepts, carried untouched to the next write. */
  readonly carried: ReadonlyMap<string, unknown>
  readonly carriedFlash: ReadonlyMap<string, unknown>
  readonly lifetime: Lifetime
  /** Whether the client keeps the cookie over a browser restart. */
  readonly persistent: boolean
  /** How the cookie is written, where it differs from the definition; see `cookie-attributes.ts`. */
  readonly cookie: string | undefined
  /** The schema version to write it with: never less than it came with. */
  readonly version: number
  /** The codec it was read with, where another one writes: what this code does not know may need it. */
  readonly codec: string | undefined
  /** Since when the session has its id, in milliseconds since the Unix epoch. */
  readonly idSince: number
  /** Its place among the sessions of its subject, where their number is limited. */
  readonly login: Login | undefined
}

/** Where the secret of a session's CSRF tokens is carried. No key of a schema: code that knows nothing of it carries it on. */
export const CSRF_KEY = 'zession:csrf'

/** Whether nothing is carried but that secret, which reads the same whatever the time and the schema are. */
export function carriesSeedAtMost(carried: ReadonlyMap<string, unknown>): boolean {
  return carried.size === 0 || (carried.size === 1 && typeof carried.get(CSRF_KEY) === 'string')
}

/** Shared by all contents that have none of something, which is most of them. Contents are never changed in place. */
export const NONE: ReadonlyMap<string, never> = new Map<string, never>()

export function emptyContents(lifetime: Lifetime, version: number): Contents {
  const idSince = lifetime.createdAt
  return {
    data: NONE,
    flash: NONE,
    carried: NONE,
    carriedFlash: NONE,
    lifetime,
    persistent: false,
    cookie: undefined,
    version,
    codec: undefined,
    idSince,
    login: undefined,
  }
}

/** Takes over a validated value that nobody else holds. */
export function toEntry(typed: TypedValue): Entry {
  const pure = freezeOwned(typed.value)
  return { value: typed.value, stored: typed.stored, decode: typed.decode, pure }
}

/**
 * Whether writing `next` over `current` would change nothing but take away what only newer code knows: nested keys that are
 * stored and that this schema does not show.
 */
export function sameEntry(current: Entry, next: Entry, types: TypeRegistry | undefined): boolean {
  if (sameValue(current.stored, next.stored, types)) return true
  return sameValue(current.value, next.value, types) && holds(current.stored, next.stored, types)
}

/** Whether a stored value has all that another has, and at most more keys. */
function holds(stored: unknown, part: unknown, types: TypeRegistry | undefined): boolean {
  if (isRecord(stored) && isRecord(part))
    return Object.entries(part).every(([key, value]) => Object.hasOwn(stored, key) && holds(stored[key], value, types))
  if (Array.isArray(stored) && Array.isArray(part))
    return stored.length === part.length && part.every((item, at) => holds(stored[at], item, types))
  return sameValue(stored, part, types)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && isPlainObject(value)
}

export function isEmpty(contents: Contents): boolean {
  return contents.data.size + contents.flash.size + contents.carried.size + contents.carriedFlash.size === 0
}

export function sameContents(a: Contents, b: Contents, types: TypeRegistry | undefined): boolean {
  if (a === b) return true
  return (
    a.persistent === b.persistent &&
    a.cookie === b.cookie &&
    sameLifetime(a.lifetime, b.lifetime) &&
    sameEntries(a.data, b.data, (x, y) => sameValue(x.stored, y.stored, types)) &&
    sameEntries(a.flash, b.flash, (x, y) => x.at === y.at && sameValue(x.stored, y.stored, types)) &&
    sameEntries(a.carried, b.carried, Object.is) &&
    sameEntries(a.carriedFlash, b.carriedFlash, Object.is)
  )
}

function sameLifetime(a: Lifetime, b: Lifetime): boolean {
  return a.createdAt === b.createdAt && a.absoluteExpiresAt === b.absoluteExpiresAt && a.idleMs === b.idleMs
}

function sameEntries<T>(a: ReadonlyMap<string, T>, b: ReadonlyMap<string, T>, same: (x: T, y: T) => boolean): boolean {
  if (a === b) return true
  if (a.size !== b.size) return false
  for (const [key, value] of a) {
    const other = b.get(key)
    if (other === undefined && !b.has(key)) return false
    if (value !== other && !same(value, other as T)) return false
  }
  return true
}
