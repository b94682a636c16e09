import { UnreadableRecordError } from '../../core/errors.js'

/**
 * A Go map as an object: keys that are texts, numbers or booleans by their text. Other keys have none, and are left out.
 * @throws UnreadableRecordError for anything but a map or an object
 */
export function valuesOf(found: unknown, what: string): Record<string, unknown> {
  if (found instanceof Map) {
    const named = [...found].filter(([key]) => ['string', 'number', 'bigint', 'boolean'].includes(typeof key))
    return Object.fromEntries(named.map(([key, value]) => [String(key), value]).filter(([key]) => key !== '__proto__'))
  }
  if (typeof found === 'object' && found !== null && !Array.isArray(found) && !(found instanceof Date))
    return found as Record<string, unknown>
  throw new UnreadableRecordError(`${what} holds no map of values.`)
}
