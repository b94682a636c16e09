import { expect, it } from 'vitest'
import * as z from 'zod'
import { typeRegistry } from '../../../src/core/type-registry.js'
import { copyValue, freezeOwned, sameValue } from '../../../src/core/value.js'
import { createSchemaModel } from '../../../src/schema/definition.js'

class Money {
  readonly #parts: number[]
  constructor(parts: readonly number[]) {
    this.#parts = [...parts]
  }
  add(part: number): void {
    this.#parts.push(part)
  }
  total(): number {
    return this.#parts.reduce((sum, part) => sum + part, 0)
  }
  /** On purpose the very array that it holds. */
  parts(): number[] {
    return this.#parts
  }
}

class Account {
  constructor(readonly balance: Money) {}
}

const types = typeRegistry()
  .register('Money', Money, { encode: (money) => money.parts(), decode: (parts) => new Money(parts) })
  .register('Account', Account, {
    encode: ({ balance }) => ({ balance }),
    decode: ({ balance }) => new Account(balance),
  })

it('J8 a copy of a registered instance shares nothing with it', () => {
  const original = { account: new Account(new Money([1, 2])), list: [new Money([5])] }
  const copy = copyValue(original, types)
  expect(copy.account).toBeInstanceOf(Account)
  expect(copy.account).not.toBe(original.account)
  expect(copy.account.balance).not.toBe(original.account.balance)
  original.account.balance.add(10)
  original.list[0]?.add(1)
  expect([copy.account.balance.total(), copy.list[0]?.total()]).toEqual([3, 5])
})

it('registered instances are the same when their encoded forms are, in Map, Set, array and object', () => {
  const make = (n: number) => ({
    a: [new Account(new Money([n]))],
    m: new Map([['k', new Money([n])]]),
    s: new Set([new Money([n])]),
  })
  expect(sameValue(make(1), make(1), types)).toBe(true)
  expect(sameValue(make(1), make(2), types)).toBe(false)
  expect(sameValue(new Money([1]), new Money([1]))).toBe(false)
})

it('an unregistered instance stays the same instance, and equals only itself', () => {
  class Other {}
  const other = new Other()
  expect(copyValue({ other }, types).other).toBe(other)
  expect(sameValue(new Other(), new Other(), types)).toBe(false)
  expect(sameValue(other, other, types)).toBe(true)
})

it('a registered instance is never taken for frozen', () => {
  expect(freezeOwned({ money: new Money([1]) })).toBe(false)
})

it('what is written is a copy, and a constant default is known for one', () => {
  const schema = z.object({ money: z.instanceof(Money), start: z.instanceof(Money).default(() => new Money([0])) })
  const model = createSchemaModel(schema, 's', types)
  const mine = new Money([1])
  const key = model.keys.get('money') ?? expect.fail('no such key')
  const stored = key.fromApp(mine)
  expect(sameValue(stored.stored, key.fromApp(new Money([1])).stored, types)).toBe(true)
  mine.add(100)
  expect((stored.value as Money).total()).toBe(1)
  expect(model.keys.get('start')?.default().volatile).toBe(false)
  expect(createSchemaModel(schema, 's').keys.get('start')?.default().volatile).toBe(true)
})

it('an encode that throws is a validation error with the key, and tells no value', () => {
  const bad = typeRegistry().register('Money', Money, {
    encode: () => {
      throw new Error('secret 42')
    },
    decode: () => new Money([]),
  })
  const key = createSchemaModel(z.object({ money: z.instanceof(Money) }), 's', bad).keys.get('money')
  expect(() => key?.fromApp(new Money([1]))).toThrow(
    expect.objectContaining({ code: 'ERR_SESSION_VALIDATION', message: expect.not.stringContaining('42') }),
  )
})

it('J8 a copy of a Buffer shares no memory with it', () => {
  const original = { bytes: Buffer.from([1, 2, 3]), numbers: new Int32Array([1]) }
  const copy = copyValue(original, undefined)
  original.bytes[0] = 9
  original.numbers[0] = 9
  expect([copy.bytes[0], copy.numbers[0]]).toEqual([1, 1])
})

it.each([
  ['z.lazy', z.lazy(() => z.number().default(1))],
  ['a union', z.union([z.string(), z.number().default(1)])],
  ['a coercion', z.coerce.number().default(1)],
])('a default inside %s is one', (_, schema) => {
  const [key] = createSchemaModel(z.object({ n: schema }), 's').defaulted
  expect(key?.default().value).toBe(1)
})

it.each([
  ['a text that looks like a date', z.string().default('2026-10-12')],
  ['a number that looks like a time', z.number().default(1_800_000_000)],
  ['a Date', z.date().default(new Date(0))],
  ['bytes', z.instanceof(Uint8Array).default(new Uint8Array(8))],
])('a constant default is no function: %s', (_, schema) => {
  const [key] = createSchemaModel(z.object({ n: schema }), 's').defaulted
  expect([key?.default().volatile, key?.default().volatile]).toEqual([false, false])
})

it('a union that holds itself has no default by that', () => {
  const tree: z.ZodType = z.union([z.string(), z.lazy(() => tree)])
  expect(createSchemaModel(z.object({ tree }), 's').defaulted).toEqual([])
})
