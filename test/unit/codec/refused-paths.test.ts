import { describe, expect, it } from 'vitest'
import { cbor, json, typeRegistry } from 'zession'
import { registry } from '../../../src/codec/registry.js'
import { superjson } from '../../../src/codec/superjson.js'

const codecs = [cbor(), json(), registry(), superjson()]

class Box {
  constructor(readonly inside: unknown) {}
}

const fails = () => {
  throw new Error('no')
}

/** Objects that throw at one of the steps of a walk. */
const throwing: [string, () => object][] = (
  ['getPrototypeOf', 'ownKeys', 'getOwnPropertyDescriptor'] as const satisfies (keyof ProxyHandler<object>)[]
).map((trap) => [trap, () => new Proxy({ a: 1 }, { [trap]: fails })])

describe.each(codecs.map((codec) => [codec.name, codec] as const))('what %s refuses', (_, codec) => {
  const types = typeRegistry()
  types.register('Box', Box, { encode: (box) => [box.inside], decode: ([inside]: unknown[]) => new Box(inside) })
  const { encode } = codec.bind({ shape: {}, types })

  it.each(throwing)(
    'is named by its own path when it throws at %s, wherever it is and whatever was refused before',
    (_, make) => {
      for (const [value, path] of [
        [make(), ''],
        [{ a: [1, { b: make() }] }, 'a[1].b'],
        [{ a: new Box(make()) }, 'a<encoded>[0]'],
        [make(), ''],
      ] as const) {
        expect(() => encode(value as Record<string, unknown>)).toThrow(
          expect.objectContaining({ code: 'ERR_SESSION_CODEC', path }),
        )
      }
    },
  )

  it('is a value that throws below the depth limit too', () => {
    let value: Record<string, unknown> = { value: throwing[1]?.[1]() }
    for (let i = 0; i < 200; i++) value = { value }
    expect(() => encode(value)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CODEC' }))
  })
})

describe('a Map or Set that the encode of a registered class changes meanwhile', () => {
  it.each([
    ['a Map that grows', () => new Map<unknown, unknown>(), (map: Map<unknown, unknown>) => map.set('more', 1)],
    [
      'a Map that shrinks',
      () => new Map<unknown, unknown>([['z', 1]]),
      (map: Map<unknown, unknown>) => map.delete('z'),
    ],
    ['a Set that grows', () => new Set<unknown>(), (set: Set<unknown>) => set.add('more')],
    ['a Set that shrinks', () => new Set<unknown>(['z']), (set: Set<unknown>) => set.delete('z')],
  ] as [string, () => Map<unknown, unknown> | Set<unknown>, (it: never) => unknown][])(
    'is refused with its path: %s',
    (_, make, change) => {
      const held = make()
      const types = typeRegistry()
      types.register('Box', Box, {
        encode: () => {
          change(held as never)
          return null
        },
        decode: () => new Box(null),
      })
      const items = [...held]
      held.clear()
      if (held instanceof Map) held.set('box', new Box(1))
      else held.add(new Box(1))
      for (const item of items) {
        if (held instanceof Map) held.set(...(item as [unknown, unknown]))
        else held.add(item)
      }
      const { encode } = cbor().bind({ shape: {}, types })
      expect(() => encode({ held })).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CODEC', path: 'held' }))
    },
  )
})
