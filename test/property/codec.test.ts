import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { registerBuiltins } from '../../src/codec/builtin-types.js'
import { cbor } from '../../src/codec/cbor.js'
import { json } from '../../src/codec/json.js'
import { registry } from '../../src/codec/registry.js'
import { superjson } from '../../src/codec/superjson.js'
import { CodecError } from '../../src/core/errors.js'
import { typeRegistry } from '../../src/core/type-registry.js'
import { arbitraryOf } from '../../src/testing/arbitrary.js'
import { sameValue } from '../../src/testing/same-value.js'

const isoDate = z.codec(z.iso.datetime(), z.date().min(new Date(0)).max(new Date(4e12)), {
  decode: (text) => new Date(text),
  encode: (date) => date.toISOString(),
})
const Category = z.object({
  name: z.string(),
  get children() {
    return z.array(Category)
  },
})

const schemas = {
  cart: z.object({
    userId: z.uuid(),
    email: z.email().nullable(),
    role: z.enum(['user', 'admin']),
    cart: z
      .array(z.object({ sku: z.string().min(3).max(12), qty: z.int().min(1).max(99), price: z.number().min(0) }))
      .max(5),
    flags: z.record(z.string(), z.boolean()),
    site: z.url().optional(),
  }),
  rich: z.object({
    seen: z.date(),
    expires: z.date().min(new Date(0)).max(new Date(1e12)),
    tags: z.set(z.string()).max(3),
    visits: z.map(z.string(), z.tuple([z.date(), z.bigint()])),
    balance: z.bigint().min(0n),
    gone: z.undefined(),
    pair: z.tuple([z.literal('a'), z.literal(1)]).rest(z.boolean()),
  }),
  shapes: z.object({
    step: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('email'), address: z.email() }),
      z.object({
        kind: z.literal('code'),
        digits: z.string().length(6),
        tries: z.number().int().multipleOf(2).min(-4),
      }),
    ]),
    either: z.union([z.string(), z.number(), z.null()]),
    theme: z.string().default('light'),
    lang: z.string().prefault('en'),
    fixed: z.object({ a: z.boolean() }).readonly(),
    both: z.intersection(z.object({ l: z.string() }), z.object({ r: z.nan() })),
    byRole: z.record(z.enum(['x', 'y']), z.int32()),
    prefixed: z.string().startsWith('cart_').max(12),
  }),
  open: z.object({ any: z.any(), unknown: z.unknown() }),
  recursive: z.object({ root: Category, lazy: z.lazy(() => Category).optional() }),
  coded: z.object({ since: isoDate, list: z.array(isoDate).max(3) }),
} satisfies Record<string, z.ZodType<Record<string, unknown>>>

const codecs = [cbor(), json(), superjson(), registry(registerBuiltins(typeRegistry()))]

describe.each(codecs)('$name with every value a schema gives (J8, M041)', (codec) => {
  const bound = codec.bind({ shape: {} })

  it.each(Object.entries(schemas))('carries %s, or refuses it', (_, schema) => {
    fc.assert(
      fc.property(arbitraryOf(schema as z.ZodType<Record<string, unknown>>), (value) => {
        const stored = z.encode(schema, value as never)
        let bytes: Uint8Array
        try {
          bytes = bound.encode(stored)
        } catch (error) {
          expect(error).toBeInstanceOf(CodecError)
          // Open schemas give keys that no codec, or not superjson, takes.
          const refusedKey = /\.(__proto__|constructor|prototype)$/.test((error as CodecError).path)
          expect(refusedKey || codec.name === 'json', 'only json may refuse what these schemas give').toBe(true)
          return
        }
        const read = bound.decode(bytes)
        expect(sameValue(read, stored)).toBe(true)
        expect(sameValue(z.decode(schema, read as never), value)).toBe(true)
      }),
    )
  })
})

describe('json() with the stored side of coded dates', () => {
  it('never refuses', () => {
    const bound = json().bind({ shape: {} })
    fc.assert(
      fc.property(arbitraryOf(schemas.coded), (value) => {
        expect(z.decode(schemas.coded, bound.decode(bound.encode(z.encode(schemas.coded, value))) as never)).toEqual(
          value,
        )
      }),
    )
  })
})

describe('arbitraryOf', () => {
  it('gives values of recursive schemas that end', () => {
    const values = fc.sample(arbitraryOf(schemas.recursive), { numRuns: 50, seed: 1 })
    expect(values.some((value) => value.root.children.length > 0)).toBe(true)
  })

  it('names the type it cannot make', () => {
    expect(() => arbitraryOf(z.object({ a: z.string().transform((text) => text.length) }))).toThrow('transform')
    expect(() => arbitraryOf(z.file())).toThrow('file')
  })

  it('gives up on checks that nothing meets', () => {
    expect(() => fc.sample(arbitraryOf(z.string().refine(() => false)), 1)).toThrow('refuse nearly everything')
  })
})
