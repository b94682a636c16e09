import assert from 'node:assert/strict'
import type { BoundCodec, Codec, CodecContext } from '../codec/port.js'
import { CodecError, MisdeployError } from '../core/errors.js'
import { type TypeRegistry, typeRegistry } from '../core/type-registry.js'
import type { It } from './codec-exemptions.js'
import { sameValue } from './same-value.js'

/** The laws of custom types: what an app registers is carried by name, and nothing else is guessed. */
export function customTypeLaws(it: It, codec: Codec, context: CodecContext): void {
  const types = testTypes()
  const bound = codec.bind({ ...context, types: context.types ? bothOf(types, context.types) : types })

  it('carries an instance of a registered class', () => assertSame(bound, { price: new Money(250, 'EUR') }))
  it('carries registered values in registered values, in arrays and beside plain data', () => {
    assertSame(bound, { cart: [{ price: new Box(new Box(new Money(1, 'USD'))) }, new Box([new Money(2, 'CHF'), 'x'])] })
    assertSame(bound, { box: new Box({ $type: 'Money', value: [1, 'EUR'] }) })
  })
  it('carries plain data that looks like a registered value', () => {
    for (const name of ['Money', '', 'Nobody', null, { $type: 'Money', value: 1 }]) {
      assertSame(bound, { a: { $type: name, value: [1, 'EUR'] }, b: [{ $type: name }], $type: name, value: 1 })
      assertSame(bound, { a: { $type: '', value: { $type: name, value: ['type', 'Money', [1, 'EUR']] } } })
    }
  })
  it('refuses an unregistered class, naming it and the remedy', () => {
    const error = refusal(() => bound.encode({ cart: [{ price: new Stranger() }] }), 'cart[0].price')
    assert.match(
      error.message,
      /type not registered: Stranger at cart\[0\]\.price; call types\.register\('Stranger', Stranger/,
    )
  })
  it('takes no subclass for its parent', () => {
    refusal(() => bound.encode({ price: new Discount(1, 'EUR') }), 'price')
  })
  it('refuses what encode of a type gives and the codec cannot carry, saying where', () => {
    refusal(() => bound.encode({ a: [new Box({ b: () => 1 })] }), 'a[0]<encoded>.b')
  })
  it('turns an encode that throws into an error with path and cause', () => {
    const error = refusal(() => bound.encode({ a: [1, new Faulty()] }), 'a[1]')
    assert.equal((error.cause as Error | undefined)?.message, 'faulty')
  })
  it('ends a type that encodes to itself for ever', () => {
    assert.match(refusal(() => bound.encode({ a: new Endless() }), undefined).message, /too deeply/)
  })
  it('takes a name that is not registered for a misdeploy', () => {
    const bytes = bound.encode({ a: [new Box(new Money(1, 'EUR'))] })
    const without = codec.bind({ ...context, types: context.types })
    const some = codec.bind({ ...context, types: testTypes(['Box']) })
    assert.throws(() => without.decode(bytes), MisdeployError)
    assert.throws(
      () => some.decode(bytes),
      (error) => error instanceof MisdeployError && error.message.includes('Money'),
    )
  })
  it('takes no decode at its word', () => {
    const bytes = bound.encode({ price: new Money(1, 'EUR') })
    const lying = typeRegistry().register('Money', Money, { encode: () => 1, decode: () => ({}) as Money })
    assert.throws(() => codec.bind({ ...context, types: lying }).decode(bytes))
  })
  it('may be called from the encode and decode of a type', () => {
    const nesting = typeRegistry()
    const same = codec.bind({ ...context, types: nesting })
    nesting.register('Box', Box, {
      encode: ({ inside }) => Buffer.from(same.encode({ value: inside, pad: 'x'.repeat(100) })).toString('hex'),
      decode: (text: string) => new Box((same.decode(Buffer.from(text, 'hex')) as { value: unknown }).value),
    })
    assertSame(same, { before: 'a', box: new Box('inside'), after: ['b', new Box([1, new Box(2)]), 'c'] })
    refusal(() => same.encode({ a: { box: new Box('x'), lost: [() => 1] } }), 'a.lost[0]')
  })
}

class Money {
  constructor(
    readonly cents: number,
    readonly currency: string,
  ) {}
}
class Discount extends Money {}
class Box {
  constructor(readonly inside: unknown) {}
}
class Stranger {}
class Faulty {}
class Endless {}

function testTypes(only?: readonly string[]): TypeRegistry {
  const types = typeRegistry()
  const wanted = (name: string) => only === undefined || only.includes(name)
  if (wanted('Money')) {
    types.register('Money', Money, {
      encode: ({ cents, currency }) => [cents, currency] as const,
      decode: ([cents, currency]) => new Money(cents, currency),
    })
  }
  if (wanted('Box')) {
    types.register('Box', Box, { encode: ({ inside }) => inside, decode: (inside) => new Box(inside) })
  }
  return types
    .register('Faulty', Faulty, { encode: () => assert.fail('faulty'), decode: () => new Faulty() })
    .register('Endless', Endless, { encode: () => [new Endless(), new Endless()], decode: () => new Endless() })
}

function bothOf(first: TypeRegistry, second: TypeRegistry): TypeRegistry {
  return {
    ...first,
    of: (value) => first.of(value) ?? second.of(value),
    named: (name) => first.named(name) ?? second.named(name),
  }
}

function assertSame(bound: BoundCodec, value: Readonly<Record<string, unknown>>): void {
  assert.ok(sameValue(bound.decode(bound.encode(value)), value), 'the value came back changed')
}

function refusal(run: () => unknown, path: string | undefined): CodecError {
  try {
    run()
  } catch (error) {
    assert.ok(error instanceof CodecError, `expected a CodecError, got ${String(error)}`)
    if (path !== undefined) assert.equal(error.path, path)
    return error
  }
  return assert.fail('expected a CodecError')
}
