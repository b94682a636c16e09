import { type Clock, systemClock } from '../core/clock.js'

const YEAR = 366 * 86_400_000

/**
 * Whether a value says a time, somewhere, within a year of now, as what a clock gives does: a Date, an ISO text, or a number
 * of seconds or milliseconds.
 */
export function holdsTime(value: unknown, clock: Clock = systemClock): boolean {
  const isNear = (time: number) => Math.abs(time - clock()) < YEAR
  const holds = (part: unknown): boolean => {
    switch (typeof part) {
      case 'number':
        return isNear(part) || isNear(part * 1000)
      case 'bigint':
        return holds(Number(part))
      case 'string':
        return /^\d{4}-\d\d-\d\d/.test(part) && isNear(Date.parse(part))
      case 'object':
        if (part === null) return false
        if (part instanceof Date) return isNear(part.getTime())
        if (part instanceof Map) return [...(part as Map<unknown, unknown>)].some(holds)
        if (part instanceof Set) return [...(part as Set<unknown>)].some(holds)
        return Object.values(part).some(holds)
      default:
        return false
    }
  }
  return holds(value)
}
