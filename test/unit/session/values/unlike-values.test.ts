import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { cbor, SessionError, typeRegistry } from '../../../../src/index.js'
import { clientOf, readAfterSet } from './kit.js'

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
