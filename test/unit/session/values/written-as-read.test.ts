import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import type { Codec } from '../../../../src/codec/port.js'
import { registry } from '../../../../src/codec/registry.js'
import { superjson } from '../../../../src/codec/superjson.js'
import { cbor, defineSession, json, memoryStore, SessionError, typeRegistry } from '../../../../src/index.js'
import { createTestClient } from '../../../../src/testing/test-client.js'

const codecs = { cbor, json, superjson, registry }
const eachCodec = Object.entries(codecs) as [string, () => Codec][]

/** A client with one key `a` and one channel `f` of a schema. */
function clientOf(schema: z.ZodType, codec: Codec = cbor(), types = typeRegistry()) {
  return createTestClient(
    defineSession(z.object({ a: schema, other: z.number().optional() }), {
      store: memoryStore(),
      flash: z.object({ f: schema }),
      codec,
      types,
    }),
  )
}

/** What this request and the next one read after a set, or what the set threw. */
async function readAfterSet(schema: z.ZodType, value: unknown, codec?: Codec, types?: ReturnType<typeof typeRegistry>) {
  const client = clientOf(schema, codec, types)
  const { value: now } = await client.request((session) => {
    try {
      session.set('a', value as never)
    } catch (error) {
      return { error: error as SessionError }
    }
    return { has: session.has('a'), value: session.get('a') }
  })
  if ('error' in now) return now
  const { value: next } = await client.request((session) => ({ has: session.has('a'), value: session.get('a') }))
  expect(next).toEqual(now)
  return next
}

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

describe.each(eachCodec)('undefined is absent at every depth, with %s()', (_, codec) => {
  it.each<[string, z.ZodType]>([
    ['optional', z.string().optional()],
    ['undefined', z.undefined()],
    ['unknown', z.unknown()],
    ['any', z.any()],
    ['void', z.void()],
    ['a union', z.union([z.string(), z.undefined()])],
    ['a codec to null', z.codec(z.null(), z.undefined(), { decode: () => undefined, encode: () => null })],
  ])('set(key, undefined) removes the key: %s', async (__, schema) => {
    expect(await readAfterSet(schema, undefined, codec())).toEqual({ has: false, value: undefined })
    const client = clientOf(schema, codec())
    const held = schema.safeParse('x').success ? 'x' : undefined
    await client.request((session) => session.set('a', held as never))
    await client.request((session) => session.set('a', undefined as never))
    await client.request((session) => {
      expect([session.has('a'), session.data]).toEqual([false, {}])
      if (held) session.set('a', held as never)
    })
    await client.request((session) => session.update('a', () => undefined as never))
    expect((await client.request((session) => session.has('a'))).value).toBe(false)
  })

  it('a required key, and one with a default, refuse it', async () => {
    expect(await readAfterSet(z.string(), undefined, codec())).toHaveProperty('error.code', 'ERR_SESSION_VALIDATION')
    expect(await readAfterSet(z.string().default('x'), undefined, codec())).toHaveProperty(
      'error.message',
      expect.stringContaining('delete('),
    )
  })

  it.each<[string, z.ZodType, unknown, unknown]>([
    ['an optional property', z.object({ nick: z.string().optional() }), { nick: undefined }, {}],
    ['a property of any', z.any(), { a: { b: undefined, c: 1 } }, { a: { c: 1 } }],
    ['a property in an array', z.any(), [{ b: undefined }, 1], [{}, 1]],
    ['a value of a record', z.record(z.string(), z.string().optional()), { a: undefined, b: 'x' }, { b: 'x' }],
    ['the end of a tuple', z.tuple([z.string(), z.string().optional()]), ['a'], ['a']],
  ])('left out: %s', async (__, schema, value, expected) => {
    const result = (await readAfterSet(schema, value, codec())) as { value: object }
    expect(result.value).toStrictEqual(expected)
    expect(clientOf(schema, codec())).toBeDefined()
  })

  it.each<[string, z.ZodType, unknown, string]>([
    ['an item', z.any(), { list: [1, undefined] }, 'a.list[1]'],
    ['an optional item', z.array(z.string().optional()), ['x', undefined], 'a[1]'],
    ['a Map value', z.map(z.string(), z.any()), new Map([['k', undefined]]), 'a<entry 0>'],
    ['a Map key', z.any(), new Map([[undefined, 1]]), 'a<entry 0>'],
    ['a Set member', z.any(), new Set([1, undefined]), 'a[1]'],
  ])('refused with its path at the call: %s', async (__, schema, value, path) => {
    const { error } = (await readAfterSet(schema, value, codec())) as {
      error: SessionError & { issues: { path: string }[] }
    }
    expect(error.message).toContain(`\`${path}\``)
    expect(error.issues[0]?.path).toBe(path)
  })

  it('a flash refuses it, in favour of clear()', async () => {
    await clientOf(z.string().optional(), codec()).request((session) => {
      expect(() => session.flash.set('f', undefined as never)).toThrow(/flash\.clear\('f'\)/)
    })
  })
})

describe('undefined that an earlier release has stored', () => {
  it('is absent: a key, and a property below it', async () => {
    const store = memoryStore()
    const client = createTestClient(defineSession(z.object({ a: z.any(), n: z.number().optional() }), { store }))
    await client.request((session) => session.set('n', 1))
    const { decodeEnvelope, encodeEnvelope } = await import('../../../../src/codec/envelope.js')
    for await (const { key, record } of store.scan('session:')) {
      const data = cbor()
        .bind({ shape: { keys: { a: undefined, n: undefined } } })
        .encode({ a: undefined, n: 1 })
      const bytes = encodeEnvelope({ ...decodeEnvelope(record.bytes, undefined), data })
      await store.update(key, { ...record, bytes, revision: 'other' as typeof record.revision }, record.revision)
    }
    const { value } = await client.request((session) => [session.has('a'), session.has('n'), session.changed])
    expect(value).toEqual([false, true, false])
  })
})

describe('set refuses, with its path, what it would turn into something else in silence', () => {
  class Cart {
    items = [1]
  }
  const hidden = <T extends object>(value: T) => Object.defineProperty(value, 'more', { value: 1 })
  const symbol = <T extends object>(value: T) => Object.assign(value, { [Symbol('more')]: 1 })
  const extra = <T extends object>(value: T) => Object.assign(value, { more: 1 })
  const accessor = <T extends object>(value: T) => Object.defineProperty(value, 'n', { get: () => 1, enumerable: true })
  const makers: Record<string, [z.ZodType, () => object]> = {
    Map: [z.map(z.string(), z.any()), () => new Map([['k', 1]])],
    Set: [z.set(z.any()), () => new Set([1])],
    Date: [z.date(), () => new Date(5)],
    URL: [z.instanceof(URL), () => new URL('https://a.example')],
    RegExp: [z.instanceof(RegExp), () => /a/],
    Error: [z.instanceof(Error), () => new Error('x')],
    Uint8Array: [z.instanceof(Uint8Array), () => new Uint8Array(2)],
    Array: [z.array(z.any()), () => [1]],
    Object: [z.object({ n: z.number().optional() }), () => ({ n: 1 })],
  }
  const subclasses: [string, z.ZodType, unknown][] = [
    ['Map', z.map(z.string(), z.any()), new (class Big extends Map {})()],
    ['Set', z.set(z.any()), new (class Big extends Set {})()],
    ['Date', z.date(), new (class Day extends Date {})(5)],
    ['URL', z.instanceof(URL), new (class Link extends URL {})('https://a.example')],
    ['Array', z.array(z.any()), new (class List extends Array {})()],
    ['RegExp', z.instanceof(RegExp), new (class Pattern extends RegExp {})('a')],
    ['Error', z.instanceof(Error), new (class Oops extends Error {})('a')],
    ['Uint8Array', z.instanceof(Uint8Array), new (class Bytes extends Uint8Array {})(1)],
    ['Object', z.object({ items: z.array(z.number()) }), new Cart()],
    ['a class of the app', z.instanceof(Cart), new Cart()],
    ['a class of the app, as any', z.any(), new Cart()],
    ['a Buffer', z.instanceof(Uint8Array), Buffer.from([1])],
    ['an ArrayBuffer', z.instanceof(ArrayBuffer), new ArrayBuffer(1)],
    ['a boxed number', z.any(), Object(1)],
    ['a Promise', z.any(), Promise.resolve(1)],
    ['a sparse array', z.array(z.any()), [1, , 2]], // oxlint-disable-line no-sparse-arrays
  ]

  async function refused(schema: z.ZodType, value: unknown) {
    for (const [wrapped, inside, at] of [
      [schema, value, /a/],
      [z.object({ in: z.array(schema) }), { in: [value] }, /a\.in\[0\]/],
      [z.map(z.string(), schema), new Map([['k', value]]), /a<(entry|value) 0>/],
    ] as const) {
      const result = (await readAfterSet(wrapped, inside)) as { error: SessionError }
      expect(result).toHaveProperty('error')
      expect(['ERR_SESSION_VALIDATION', 'ERR_SESSION_CODEC']).toContain(result.error.code)
      expect(result.error.message).toMatch(at)
      await clientOf(wrapped).request((session) => {
        expect(() => session.flash.set('f', inside as never)).toThrow(
          at.source.startsWith('a\\') ? /f\.in\[0\]/ : SessionError,
        )
      })
    }
  }

  it.each(subclasses)('an instance of another class: %s', (_, schema, value) => refused(schema, value))

  const dressed = Object.entries(makers).flatMap(([name, [schema, make]]) =>
    Object.entries({ hidden, symbol, ...(name !== 'Object' && { extra }), ...(name === 'Object' && { accessor }) }).map(
      ([how, dress]) => [name, how, schema, () => dress(make())] as const,
    ),
  )
  it.each(dressed)('a %s with a property more (%s)', (_, __, schema, make) => refused(schema, make()))
  it.each(dressed)('a %s with a property more (%s), as any', (_, __, ___, make) => refused(z.any(), make()))

  it('but not the plain one, nor a registered class', async () => {
    for (const [schema, make] of Object.values(makers))
      expect(await readAfterSet(schema, make())).toHaveProperty('has', true)
    const types = typeRegistry().register('Cart', Cart, {
      encode: ({ items }) => items,
      decode: (items) => Object.assign(new Cart(), { items }),
    })
    expect(await readAfterSet(z.instanceof(Cart), new Cart(), cbor(), types)).toHaveProperty('value.items', [1])
  })

  it('a codec of the schema may take any class, also a subclass of a built-in one', async () => {
    class Tags extends Set<string> {}
    const tags = z.codec(z.array(z.string()), z.instanceof(Tags), {
      decode: (list) => new Tags(list),
      encode: (set) => [...set],
    })
    const client = clientOf(tags)
    await client.request((session) => session.set('a', new Tags(['x']) as never))
    const { value } = await client.request((session) => session.get('a'))
    expect(value).toBeInstanceOf(Tags)
  })
})
