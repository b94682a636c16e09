import { mapStep, type Step } from './path.js'
import type { TypeLookup } from './type-lookup.js'

/** Only run once a walk went too deep: the steps to the first value that is its own ancestor. */
export function findCycle(root: unknown, types: TypeLookup | undefined): Step[] | undefined {
  const ancestors = new Set<object>()
  const done = new Set<object>()
  const steps: Step[] = []
  function search(value: unknown): boolean {
    if (typeof value !== 'object' || value === null || done.has(value)) return false
    // What counts of an instance of the app's own is what its encode gives, not its fields.
    if (types?.of(value) !== undefined) return false
    if (ancestors.has(value)) return true
    if (steps.length > 2000) return false
    ancestors.add(value)
    for (const [step, child] of childrenOf(value)) {
      steps.push(step)
      if (search(child)) return true
      steps.pop()
    }
    ancestors.delete(value)
    done.add(value)
    return false
  }
  try {
    return search(root) ? steps : undefined
  } catch {
    // A Proxy that throws.
    return undefined
  }
}

function* childrenOf(value: object): Generator<readonly [Step, unknown]> {
  if (value instanceof Map) {
    let i = 0
    for (const [key, item] of value) {
      yield [mapStep('key', i), key]
      yield [mapStep('value', i), item]
      i++
    }
  } else if (value instanceof Set || Array.isArray(value)) {
    let i = 0
    for (const item of value) yield [i++, item]
  } else if (value instanceof Error) yield ['cause', value.cause]
  else for (const key of Object.keys(value)) yield [key, Object.getOwnPropertyDescriptor(value, key)?.value]
}
