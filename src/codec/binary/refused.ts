import { findCycle } from '../cycle.js'
import { formatPath, type Step } from '../path.js'
import { toCodecError } from '../refusal.js'
import { containsItself, MAX_DEPTH } from '../refusals.js'
import type { TypeLookup } from '../type-lookup.js'

// Why a value is refused is told on the way back: whoever meets the reason sets it, and each container adds its step. So
// a value that is written pays nothing for it.

let reason: unknown
/** From the refused value outwards. */
let steps: Step[] = []

/** Sets the reason. A throw that is no refusal is one too: of a Proxy, or of a built-in that is not what it seems. */
export function refuse(why: unknown): false {
  reason = why
  steps = []
  return false
}

/** Adds the step from a container to what it could not write. */
export function inside(step: Step): false {
  steps.push(step)
  return false
}

/** The error for what was refused last, in `value`. */
export function refusal(codec: string, value: unknown, types: TypeLookup | undefined): Error {
  const cycle = steps.length > MAX_DEPTH ? findCycle(value, types) : undefined
  const error = toCodecError(codec, cycle ? containsItself() : reason, formatPath(cycle ?? steps.reverse()))
  // Keys are data: not kept alive after the call.
  reason = undefined
  steps = []
  return error
}
