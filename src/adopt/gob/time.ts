import { damaged } from './damage.js'

/** Go's zero time, the beginning of the year 1, in milliseconds since the Unix epoch. */
export const ZERO_TIME = -62_135_596_800_000

/**
 * A time.Time as Go's MarshalBinary writes it: a version, seconds since the year 1, nanoseconds, the zone's offset. A Date has
 * neither the zone nor more than milliseconds. `decodeGob` calls it where the stream says that a value is a time.Time.
 * @throws UnreadableRecordError when it is something else, or beyond what a Date can hold
 */
export function timeOf(value: unknown): Date {
  if (!(value instanceof Uint8Array)) throw damaged('a time.Time is not written as Go writes it')
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
  const version = value[0]
  if (!(version === 1 && value.length === 15) && !(version === 2 && value.length === 16))
    throw damaged('a time.Time is not written as Go writes it')
  const milliseconds = Number(view.getBigInt64(1)) * 1000 + Math.floor(view.getInt32(9) / 1e6) + ZERO_TIME
  const time = new Date(milliseconds)
  if (Number.isNaN(time.getTime())) throw damaged('a time.Time is beyond what a Date can hold')
  return time
}
