import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import * as mini from 'zod/mini'
import { defineSession } from '../../../src/define.js'
import { createSchemaModel } from '../../../src/schema/definition.js'
import { createTestClient } from '../../../src/testing/test-client.js'

const refuse = (schema: unknown) => () => createSchemaModel(schema as never, 'session `s`')

describe('a schema is refused at definition when it cannot be stored', () => {
  it.each([
    ['transform', z.object({ a: z.string().transform((s) => s.length) }), /Key `a`.*one-way.*z\.codec/],
    ['preprocess', z.object({ a: z.preprocess(String, z.string()) }), /Key `a`.*z\.codec/],
    ['nested transform', z.object({ a: z.array(z.object({ b: z.string().transform(Number) })) }), /Key `a\[\]\.b`/],
    [
      'transform in a union in a record',
      z.object({ a: z.record(z.string(), z.union([z.number(), z.string().transform(Number)])) }),
      /one-way/,
    ],
    [
      'transform under default',
      z.object({
        a: z
          .string()
          .default('x')
          .transform((s) => s),
      }),
      /one-way/,
    ],
    ['promise', z.object({ a: z.promise(z.string()) }), /z\.promise/],
    ['loose object', z.looseObject({ a: z.string() }), /named keys only/],
    ['not an object', z.string(), /not a zod 4 object/],
    ['nothing', undefined, /not a zod 4 object/],
    [
      'mini transform',
      mini.object({
        a: mini.pipe(
          mini.string(),
          mini.transform((s: string) => s.length),
        ),
      }),
      /one-way/,
    ],
  ])('%s', (_, schema, message) => {
    expect(refuse(schema)).toThrow(message)
    expect(refuse(schema)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }))
  })

  it.each([
    ['codec', z.object({ a: z.codec(z.string(), z.number(), { decode: Number, encode: String }) })],
    ['stringbool', z.object({ a: z.stringbool() })],
    ['strict object', z.strictObject({ a: z.string() })],
    [
      'recursive',
      z.object({
        a: z.object({
          get next() {
            return z.array(z.object({ v: z.string() }))
          },
        }),
      }),
    ],
    ['trim and checks', z.object({ a: z.string().trim().min(2) })],
    ['coerce', z.object({ a: z.coerce.number() })],
  ])('%s is fine', (_, schema) => {
    expect(refuse(schema)).not.toThrow()
  })
})

describe('two-sided values', () => {
  const isoDate = z.codec(z.iso.datetime(), z.date(), { decode: (s) => new Date(s), encode: (d) => d.toISOString() })

  it('a z.codec is stored encoded and read decoded', async () => {
    const definition = defineSession(z.object({ at: isoDate.optional(), list: z.array(isoDate).default([]) }), {
      cookie: { secure: false },
    })
    const client = createTestClient(definition)
    const at = new Date(Date.UTC(2026, 1, 2))
    await client.request((s) => {
      s.set('at', at)
      s.update('list', (list) => [...list, at])
      expect(new TextDecoder('latin1').decode(s.encode())).toContain('2026-02-02T00:00:00.000Z')
    })
    await client.request((s) => {
      expect(s.get('at')).toEqual(at)
      expect(s.get('list')).toEqual([at])
    })
  })

  it('a codec or check that throws is a validation error on write and an invalid value on read', () => {
    const key = createSchemaModel(
      z.object({ a: z.codec(z.string(), z.bigint(), { decode: (s) => BigInt(s), encode: (v) => v.toString() }) }),
      's',
    ).keys.get('a')!
    expect(key.fromStored('12')).toMatchObject({ value: 12n, stored: '12' })
    expect(key.fromStored('abc')).toBeUndefined()
    const throwing = createSchemaModel(
      z.object({
        a: z.string().refine(() => {
          throw new Error('boom')
        }),
      }),
      's',
    ).keys.get('a')!
    expect(() => throwing.fromApp('x')).toThrow(
      expect.objectContaining({ code: 'ERR_SESSION_VALIDATION', cause: expect.any(Error) }),
    )
  })

  it('an async check is a configuration error', () => {
    const key = createSchemaModel(z.object({ a: z.string().refine(async () => true) }), 's').keys.get('a')!
    expect(() => key.fromApp('x')).toThrow(/synchronous/)
  })
})

it('zod/mini works the same', async () => {
  const definition = defineSession(
    mini.object({ n: mini._default(mini.number(), 3), s: mini.optional(mini.string().check(mini.minLength(2))) }),
    { cookie: { secure: false } },
  )
  const client = createTestClient(definition)
  await client.request((s) => {
    expect(s.get('n')).toBe(3)
    expect(() => s.set('s', 'x')).toThrow(/`s`: expected string >= 2/)
    s.set('s', 'xy')
  })
  await client.request((s) => expect(s.data).toEqual({ n: 3, s: 'xy' }))
})
