import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { cbor } from '../../src/codec/cbor.js'
import { json } from '../../src/codec/json.js'
import { registry } from '../../src/codec/registry.js'
import { superjson } from '../../src/codec/superjson.js'
import { defineSession, memoryStore, SessionError } from '../../src/index.js'
import { anyValue } from '../../src/testing/codec-values.js'
import { sameValue } from '../../src/testing/same-value.js'
import { createTestClient } from '../../src/testing/test-client.js'

/** Checks, overwrites, codecs and wrappers around one another, in any order. */
const texts: fc.Arbitrary<z.ZodType> = fc
  .array(fc.constantFrom('min', 'max', 'trim', 'lower', 'regex', 'overwrite', 'upper'), { maxLength: 4 })
  .map((steps) =>
    steps.reduce((schema, step) => {
      switch (step) {
        case 'min':
          return schema.min(1)
        case 'max':
          return schema.max(3)
        case 'trim':
          return schema.trim()
        case 'lower':
          return schema.toLowerCase()
        case 'upper':
          return schema.toUpperCase()
        case 'regex':
          return schema.regex(/^[a-z ]*$/)
        default:
          return schema.overwrite((text) => text.slice(1))
      }
    }, z.string()),
  )

const schemas: fc.Arbitrary<z.ZodType> = fc.letrec<{ schema: z.ZodType }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3 },
    texts,
    fc.constantFrom<z.ZodType>(
      z.any(),
      z.unknown(),
      z.coerce.number(),
      z.number().overwrite(Math.round).min(1),
      z.date(),
      z.bigint(),
      z.undefined(),
      z.instanceof(Error),
      z.codec(z.string(), z.number(), { decode: (text) => Number(text), encode: (n) => n.toFixed(1) }),
      z.codec(z.number(), z.string().trim().min(1), { decode: (n) => ' '.repeat(n), encode: (s) => s.length }),
      z.codec(z.iso.datetime(), z.date(), { decode: (text) => new Date(text), encode: (date) => date.toISOString() }),
      z.string().pipe(z.coerce.number()),
    ),
    tie('schema').map((inner) => inner.optional()),
    tie('schema').map((inner) => inner.nullable()),
    tie('schema').map((inner) => inner.catch(null)),
    tie('schema').map((inner) => inner.readonly()),
    tie('schema').map((inner) => z.array(inner)),
    tie('schema').map((inner) => z.object({ p: inner })),
    tie('schema').map((inner) => z.map(z.string().trim(), inner)),
    tie('schema').map((inner) => z.set(inner)),
    tie('schema').map((inner) => z.record(z.string().trim(), inner)),
    fc.tuple(tie('schema'), tie('schema')).map((options) => z.union(options)),
    fc.tuple(tie('schema'), tie('schema')).map((items) => z.tuple(items)),
  ),
})).schema

const near = fc.oneof(
  fc.constantFrom<unknown>(undefined, ' ', 'a', ' Ab ', '', 1, 1.26, -0, 5n, null, new Date(5), new Date(Number.NaN)),
  anyValue(),
)
/** Values in containers that the schemas above have. */
const values = fc.oneof(
  near,
  near.map((value) => [value]),
  near.map((value) => ({ p: value })),
  near.map((value) => new Map([[' k', value]])),
  near.map((value) => new Set([value])),
  fc.tuple(near, near),
)

describe.each([cbor(), json(), superjson(), registry()])('with $name()', (codec) => {
  it('the next request reads what this one does, or set and flash.set threw', async () => {
    let stored = 0
    await fc.assert(
      fc.asyncProperty(schemas, values, async (schema, value) => {
        let definition: ReturnType<typeof define>
        try {
          definition = define(schema)
        } catch {
          return
        }
        const client = createTestClient(definition)
        const { value: now } = await client.request((session) => {
          const set = tried(() => session.set('a', value))
          const flash = tried(() => session.flash.set('f', value))
          return { set, flash, has: session.has('a'), a: session.get('a'), f: session.flash.peek('f') }
        })
        await client.request(async (session) => {
          expect(session.has('a')).toBe(now.has)
          expect(sameValue(session.get('a'), now.a)).toBe(true)
          expect(sameValue(await session.flash.take('f'), now.f)).toBe(true)
        })
        if (now.has) stored++
        if (value !== undefined) expect(now.set).toBe(now.has)
        expect(now.flash).toBe(now.f !== undefined)
      }),
      { numRuns: 400 },
    )
    expect(stored).toBeGreaterThan(40)
  })

  function define(schema: z.ZodType) {
    return defineSession(z.object({ a: schema }), { codec, store: memoryStore(), flash: z.object({ f: schema }) })
  }
})

/** Whether it did not throw; what it throws is an error of the library. */
function tried(run: () => void): boolean {
  try {
    run()
    return true
  } catch (error) {
    expect(error).toBeInstanceOf(SessionError)
    return false
  }
}
