import { SessionConfigError } from '../core/errors.js'
import { say } from '../core/say.js'

/** What a definition writes to, in one mode of the process. */
export interface Claimant {
  /** The same for a definition and its `with` copies. */
  readonly family: object
  /** For messages: its name and keys, for two definitions may share the name. */
  label(): string
  /** Whether the process is a developer's, where modules are evaluated again. */
  readonly development: boolean
  /** Within one response: a cookie's name, a header, or a transport. */
  readonly carrier: string
  /** Within one client: for a cookie also domain and path. */
  readonly place: string
  /** Where its records lie; undefined where that is a store of its own. */
  readonly records: string | undefined
}

/** What the definitions used in one app write to. */
export interface AppClaims {
  /** @throws SessionConfigError in production, for a definition that shares with another one */
  admit(claimant: Claimant): void
}

/**
 * Two definitions in one request whose ids travel in one carrier: the response can say only one of them. Also `with` copies.
 * @throws SessionConfigError naming both
 */
export function assertApart(one: Claimant, other: Claimant): void {
  const shared = one.carrier === other.carrier ? one.carrier : sharedRecords(one, other)
  if (shared !== undefined) throw new SessionConfigError(`${conflict(one, other, shared)} in one request. ${REMEDY}`)
}

/**
 * Across requests, for one app. In development a module may be evaluated again: its new definition takes the place of the old
 * one, and only when that returns there are two. That is said there, and refused in production, which reloads nothing.
 */
export function createAppClaims(): AppClaims {
  const held = new Map<string, { by: Claimant; readonly former: WeakSet<object> }>()

  function assertFree(slot: string, claimant: Claimant): void {
    const holder = held.get(slot)
    if (!holder || holder.by.family === claimant.family) return
    const text = `${conflict(claimant, holder.by, slot)} in one app`
    if (!claimant.development) throw new SessionConfigError(`${text}. ${REMEDY}`)
    if (holder.former.has(claimant.family)) say(`${text}: production refuses that. ${REMEDY}`)
  }

  function take(slot: string, claimant: Claimant): void {
    const holder = held.get(slot)
    if (!holder) held.set(slot, { by: claimant, former: new WeakSet() })
    else if (holder.by.family !== claimant.family) {
      holder.former.add(holder.by.family)
      holder.by = claimant
    }
  }

  return {
    admit(claimant) {
      const { place, records } = claimant
      assertFree(place, claimant)
      if (records !== undefined) assertFree(records, claimant)
      take(place, claimant)
      if (records !== undefined) take(records, claimant)
    },
  }
}

function sharedRecords(one: Claimant, other: Claimant): string | undefined {
  return one.family === other.family || one.records !== other.records ? undefined : one.records
}

function conflict(one: Claimant, other: Claimant, shared: string): string {
  return `Session definitions ${other.label()} and ${one.label()} share the ${shared.replace(/[;#].*$/, '')}`
}

const REMEDY =
  'Give one of them another `name` (or `cookie.name`, or transport); make a `with` copy once, and use one of them in a request.'

const numbers = new WeakMap<object, number>()
let last = 0

/** Tells objects apart by text. */
export function numberOf(object: object): number {
  const known = numbers.get(object)
  if (known !== undefined) return known
  numbers.set(object, ++last)
  return last
}
