/**
 * The tags in our records. A session written today must be readable for ever: numbers may be added, never changed.
 * The private ones lie in IANA's first-come range (32768 and up).
 */
export const TAG = {
  date: 1,
  positiveBigInt: 2,
  negativeBigInt: 3,
  /** Around `['RegExp', source, flags]`. */
  object: 27,
  url: 32,
  set: 258,
  map: 259,
  /** Around the integer 0: CBOR's integers know no -0. */
  negativeZero: 40500,
  /** A PlainError. */
  error: 40501,
  /** Milliseconds as a number: a date outside what seconds in a float carry exactly, or an invalid one (NaN). */
  exactDate: 40502,
  /** Around `[name, payload]`: an instance of a class that the app registered under that name. */
  registered: 40503,
} as const

/** Tags of RFC 8746 for little-endian arrays; those wider than a byte are 4 less in big-endian order. */
export const typedArrayTags = [
  [68, Uint8ClampedArray],
  [69, Uint16Array],
  [70, Uint32Array],
  [71, BigUint64Array],
  [72, Int8Array],
  [77, Int16Array],
  [78, Int32Array],
  [79, BigInt64Array],
  [85, Float32Array],
  [86, Float64Array],
] as const

/** Longest BigInt, in bytes: parsing one takes time that grows with the square of its length. */
export const MAX_BIGINT_BYTES = 8192

/** Up to here (about the year 33,658) seconds in a float give back the exact millisecond. */
export const MAX_FLOAT_DATE = 1e15
