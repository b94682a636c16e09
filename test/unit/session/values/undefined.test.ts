import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import type { Codec } from '../../../../src/codec/port.js'
import { registry } from '../../../../src/codec/registry.js'
import { superjson } from '../../../../src/codec/superjson.js'
import { cbor, defineSession, json, memoryStore, type SessionError } from '../../../../src/index.js'
import { createTestClient } from '../../../../src/testing/test-client.js'
import { clientOf, readAfterSet } from './kit.js'

const codecs = { cbor, json, superjson, registry }
const eachCodec = Object.entries(codecs) as [string, () => Codec][]

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
