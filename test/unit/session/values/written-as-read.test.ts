import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import type { Codec } from '../../../../src/codec/port.js'
import { SessionError } from '../../../../src/index.js'
import { clientOf, readAfterSet } from './kit.js'

describe('set refuses what the schema would hide or change when it is read (trim, coerce, codecs, catch, pipes)', () => {
  const rounded = z.codec(z.number(), z.number(), { decode: (n) => n, encode: (n) => Math.round(n) })
  const drifting = z.codec(z.string(), z.string(), { decode: (s) => s, encode: (s) => `${s}!` })
  const oneWay = z.codec(z.string(), z.number().min(5), { decode: Number, encode: (n) => String(n - 5) })

  it.each<[string, z.ZodType, unknown]>([
    ['a check before trim()', z.string().min(1).trim(), '  '],
    [
      'a check before toLowerCase()',
      z
        .string()
        .regex(/^[A-Z]+$/)
        .toLowerCase(),
      'ABC',
    ],
    [
      'a check before overwrite()',
      z
        .number()
        .min(10)
        .overwrite((n) => n - 9),
      10,
    ],
    ['an overwrite that goes on each time', z.number().overwrite((n) => n + 1), 1],
    ['a pipe from a string into a number', z.string().pipe(z.coerce.number()), '5'],
    ['a codec that adds each time', drifting, 'a'],
    ['a codec whose decoded side refuses what was encoded', oneWay, 7],
    ['a trim inside an array', z.array(z.string().min(1).trim()), ['x', ' ']],
    ['a trim in a record key', z.record(z.string().min(1).trim(), z.number()), { ' ': 1 }],
    ['a trim in a Map value', z.map(z.string(), z.string().min(1).trim()), new Map([['k', ' ']])],
  ])('%s', async (_, schema, value) => {
    const result = await readAfterSet(schema, value)
    expect(result).toMatchObject({ error: { code: 'ERR_SESSION_VALIDATION' } })
    const client = clientOf(schema)
    await client.request((session) => {
      expect(() => session.update('a', () => value as never)).toThrow(SessionError)
      expect(() => session.flash.set('f', value as never)).toThrow(SessionError)
      expect(() => session.flash.now('f', value as never)).toThrow(SessionError)
      expect(session.changed).toBe(false)
    })
  })

  it.each<[string, z.ZodType, unknown, unknown]>([
    ['trim() before its check', z.string().trim().min(1), ' a ', 'a'],
    ['toLowerCase()', z.string().toLowerCase(), 'ABC', 'abc'],
    ['coerce', z.coerce.number(), '5', 5],
    ['catch', z.number().catch(0), 'x', 0],
    ['a default inside', z.object({ n: z.number().default(1) }), {}, { n: 1 }],
    ['a codec that rounds', rounded, 1.4, 1],
    ['an unknown key', z.object({ n: z.number() }), { n: 1, more: 2 }, { n: 1 }],
    [
      'an object without prototype',
      z.object({ q: z.string() }),
      Object.assign(Object.create(null), { q: 'x' }),
      { q: 'x' },
    ],
    ['an Error', z.instanceof(Error), new TypeError('x', { cause: 1 }), new TypeError('x', { cause: 1 })],
    ['shared parts', z.any(), [[1], [1]], [[1], [1]]],
  ])('and takes what reads the same from then on: %s', async (_, schema, value, expected) => {
    expect(await readAfterSet(schema, value)).toEqual({ has: true, value: expected })
  })

  it('also through a codec of the app that loses something', async () => {
    const lossy: Codec = {
      name: 'plain-json',
      bind: () => ({
        encode: (value) => new TextEncoder().encode(JSON.stringify(value)),
        decode: (bytes) => JSON.parse(new TextDecoder().decode(bytes)) as unknown,
      }),
    }
    for (const [schema, value] of [
      [z.date(), new Date(5)],
      [z.any(), new Map([[1, 2]])],
      [z.any(), Number.NaN],
      [z.map(z.string(), z.number()), new Map([['a', 1]])],
    ] as const)
      expect(await readAfterSet(schema, value, lossy)).toMatchObject({ error: { code: 'ERR_SESSION_VALIDATION' } })
  })

  it('a default that its schema refuses, and one that is a promise', async () => {
    const bad = [
      z.string().min(3).default('x'),
      z.string().default((() => Promise.resolve('x')) as never),
      z.string().default((() => undefined) as never),
    ]
    for (const schema of bad)
      await clientOf(schema).request((session) => {
        expect(() => session.get('a')).toThrow(/The default of key `a`/)
      })
  })
})
