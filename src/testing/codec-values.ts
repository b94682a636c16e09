import type { Arbitrary } from 'fast-check'
import { fc } from './fast-check.js'

const leaf = (): Arbitrary<unknown> =>
  fc.oneof(
    fc.constantFrom(
      null,
      undefined,
      true,
      false,
      -0,
      Number.NaN,
      Infinity,
      -Infinity,
      2 ** 53,
      '',
      '\ud800',
      '__proto__',
      '\ufeff',
    ),
    fc.integer(),
    fc.double(),
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'binary', minLength: 60, maxLength: 90 }),
    fc.bigInt(),
    fc.date({ noInvalidDate: false }),
    fc.uint8Array(),
    fc.float64Array({ maxLength: 4 }),
    fc.bigInt64Array({ maxLength: 4 }),
    fc.webUrl().map((url) => new URL(url)),
    fc.constantFrom(/a+/gi, /\u{1f600}/u, /\//),
    fc.tuple(fc.constantFrom(Error, TypeError, RangeError), fc.string()).map(([type, message]) => new type(message)),
  )

const key = () =>
  fc.oneof(
    fc.string({ unit: 'binary', maxLength: 6 }),
    fc.constantFrom('constructor', 'prototype', 'a.b', '\\', '__proto__', 'json', '0'),
  )

/** Any value that `structuredClone` can copy and a session might hold, and a few that some codecs refuse. */
export const anyValue = (): Arbitrary<unknown> =>
  fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      { weight: 3, arbitrary: leaf() },
      { weight: 2, arbitrary: fc.array(tie('value'), { maxLength: 5 }) },
      { weight: 3, arbitrary: fc.dictionary(key(), tie('value'), { maxKeys: 5, noNullPrototype: true }) },
      {
        weight: 1,
        arbitrary: fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 4 }).map((entries) => new Map(entries)),
      },
      { weight: 1, arbitrary: fc.array(tie('value'), { maxLength: 4 }).map((items) => new Set(items)) },
      { weight: 1, arbitrary: tie('value').map((value) => [value, value]) },
      { weight: 1, arbitrary: tie('value').map((cause) => new Error('with cause', { cause })) },
    ),
  })).value
