import { UnreadableRecordError } from '../../core/errors.js'

/**
 * The object in a JSON text that is authentic. A key `__proto__` is left out: no copy of these values may end in a prototype.
 * @param what begins the message, which never quotes the text
 * @throws UnreadableRecordError for anything but an object
 */
export function objectIn(text: string, what: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text, (key, inner: unknown) => (key === '__proto__' ? undefined : inner))
  } catch {
    // Its own error quotes the value; a deeply nested one is a RangeError.
    throw new UnreadableRecordError(`${what} is authentic, but not JSON: another serializer or key wrote it.`)
  }
  return asObject(value, what)
}

/** @throws UnreadableRecordError for anything but an object */
export function asObject(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new UnreadableRecordError(`${what} is authentic, but holds no object of values.`)
}

/** Milliseconds of a Date, an ISO text or a number; undefined where there is none. */
export function timeIn(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined
  const time = value instanceof Date ? value.getTime() : typeof value === 'string' ? Date.parse(value) : Number(value)
  return Number.isFinite(time) ? time : undefined
}
