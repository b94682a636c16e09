import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { cbor } from '../../src/codec/cbor.js'
import { decodeEnvelope, encodeEnvelope } from '../../src/codec/envelope.js'
import { json } from '../../src/codec/json.js'
import type { BoundCodec, Codec } from '../../src/codec/port.js'
import { registry } from '../../src/codec/registry.js'
import { superjson } from '../../src/codec/superjson.js'
import { defineSession, memoryStore } from '../../src/index.js'
import { anyValue } from '../../src/testing/codec-values.js'
import { createTestClient } from '../../src/testing/test-client.js'

const codecs = { cbor, json, superjson, registry }
const each = Object.entries(codecs)
const bytesOf = (text: string) => new TextEncoder().encode(text)
const repeated = (text: string, times: number) => text.repeat(times)

/** Records that no writer of the library has written, one for each rule of a writer. */
const jsonTexts: Record<string, string> = {
  'arrays 129 deep': `{"a":${repeated('[', 128)}${repeated(']', 128)}}`,
  'arrays 300 deep': `{"a":${repeated('[', 300)}${repeated(']', 300)}}`,
  'objects 300 deep': `{"a":${repeated('{"a":', 300)}1${repeated('}', 300)}}`,
  'arrays 100,000 deep': `{"a":${repeated('[', 100_000)}${repeated(']', 100_000)}}`,
  'an infinite number': '{"a":1e999}',
  'a negative zero': '{"a":[-0]}',
  'a negative zero with a fraction': '{"a":{"b":-0.0}}',
  'a number too small for its sign': '{"a":-1e-999}',
  'a key __proto__': '{"a":{"__proto__":1}}',
  'a key constructor': '{"a":{"constructor":1}}',
  'escapes inside escapes': `{"a":${repeated('{"$type":"","value":{"$type":', 200)}1${repeated('}}', 200)}}`,
}
const superjsonTexts = {
  ...Object.fromEntries(Object.entries(jsonTexts).map(([name, text]) => [name, `{"json":${text}}`])),
  'a BigInt of one digit too many': `{"json":{"a":["bigint","${repeated('f', 16_385)}"]},"meta":{"v":1,"values":{"a":[["custom","z"]]}}}`,
}
const nested = (head: readonly number[], depth: number, leaf: readonly number[] = [0x01]) =>
  new Uint8Array([0xa1, 0x61, 0x61, ...Array.from({ length: depth }, () => head).flat(), ...leaf])
const binary: Record<string, Uint8Array> = Object.fromEntries(
  [127, 128, 129, 130, 200, 255, 262, 5000].flatMap((depth) => [
    [`arrays ${depth} deep`, nested([0x81], depth)],
    [`objects ${depth} deep`, nested([0xa1, 0x61, 0x61], depth)],
    [`sets ${depth} deep`, nested([0xd9, 0x01, 0x02, 0x81], depth)],
    [`map values ${depth} deep`, nested([0xd9, 0x01, 0x03, 0xa1, 0x01], depth)],
    [`causes ${depth} deep`, nested([0xd9, 0x9e, 0x35, 0x83, 0x65, 0x45, 0x72, 0x72, 0x6f, 0x72, 0xf6], depth)],
    [`tags ${depth} deep`, nested([0xd9, 0x9e, 0x34], depth, [0x00])],
  ]),
)

function inputsOf(name: string): [string, Uint8Array][] {
  if (name === 'json') return Object.entries(jsonTexts).map(([what, text]) => [what, bytesOf(text)])
  if (name === 'superjson') return Object.entries(superjsonTexts).map(([what, text]) => [what, bytesOf(text)])
  return Object.entries(binary)
}

/** A reader takes what its writer could have written, or throws. */
function readsOnlyWhatItWrites(bound: BoundCodec, bytes: Uint8Array): void {
  let value: unknown
  try {
    value = bound.decode(bytes)
  } catch {
    return
  }
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return
  const again = bound.encode(value as Record<string, unknown>)
  expect(bound.encode(bound.decode(again) as Record<string, unknown>)).toEqual(again)
}

describe.each(each)('%s() reads only what it could have written', (name, codec: () => Codec) => {
  const bound = codec().bind({ shape: {} })

  it.each(inputsOf(name))('from hostile bytes: %s', (_, bytes) => readsOnlyWhatItWrites(bound, bytes))

  it('reads the deepest value that it writes', () => {
    let deep: unknown = 'leaf'
    for (let i = 0; i < 128; i++) deep = i % 2 ? [deep] : { v: deep }
    expect(bound.decode(bound.encode({ deep }))).toEqual({ deep })
    expect(() => bound.encode({ deep: [deep] })).toThrow(/nested too deeply/)
  })

  it('from damaged bytes', () => {
    fc.assert(
      fc.property(anyValue(), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }), (value, flips) => {
        let bytes: Uint8Array
        try {
          bytes = bound.encode({ value })
        } catch {
          return
        }
        for (const [at, byte] of flips) bytes[at % bytes.length] = byte
        readsOnlyWhatItWrites(bound, bytes)
      }),
      { numRuns: 1500 },
    )
  })
})

describe.each(each)('a record of %s() that it could not have written', (name, codec: () => Codec) => {
  const Tree: z.ZodType = z.lazy(() => z.union([z.array(Tree), z.record(z.string(), Tree), z.number(), z.any()]))
  const schemas = {
    any: z.object({ a: z.any(), n: z.number().optional() }),
    recursive: z.object({ a: Tree, n: z.number().optional() }),
  }
  const cases = inputsOf(name).flatMap(([what, bytes]) =>
    (['any', 'recursive'] as const).map((kind) => [what, kind, bytes] as const),
  )

  it.each(cases)('is read as one that it can write, or ends in the policy: %s (%s)', async (_, kind, data) => {
    const store = memoryStore()
    const failures: unknown[] = []
    const definition = defineSession(schemas[kind], {
      store,
      codec: codec(),
      hooks: { invalid: ({ error }) => void failures.push(error) },
    })
    const client = createTestClient(definition)
    await client.request((session) => session.set('n', 1))
    const key = await keyIn(store)
    const record = (await store.read(key))!
    const bytes = encodeEnvelope({ ...decodeEnvelope(record.bytes, undefined), data })
    await store.update(key, { ...record, bytes, revision: 'other' as typeof record.revision }, record.revision)
    // Scanning goes on, and whatever the request finds it can write.
    let seen = 0
    for await (const info of definition.scan()) seen += info ? 1 : 0
    expect(seen).toBeLessThanOrEqual(1)
    const { value } = await client.request((session) => {
      session.set('n', 2)
      return session.isNew
    })
    expect(value).toBe(failures.length > 0)
    expect((await client.request((session) => session.get('n'))).value).toBe(2)
  })
})

async function keyIn(store: ReturnType<typeof memoryStore>) {
  for await (const { key } of store.scan('session:')) return key
  throw new Error('the store is empty')
}
