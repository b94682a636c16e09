import * as z from 'zod'
import * as mini from 'zod/mini'
import { type DeepReadonly, defineSession, type Session } from '../../src/index.js'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
type IsAny<T> = 0 extends 1 & T ? true : false
declare function same<A, B>(..._: Equal<A, B> extends true ? [] : ['these types differ', A, B]): void
declare function notAny<T>(..._: IsAny<T> extends true ? ['this is any'] : []): void

class Money {
  #cents: number
  constructor(cents: number) {
    this.#cents = cents
  }
  get cents(): number {
    return this.#cents
  }
}

const appSession = defineSession(
  z.object({
    userId: z.number().int().optional(),
    name: z.string(),
    theme: z.enum(['light', 'dark']).default('light'),
    cart: z.array(z.object({ sku: z.string(), qty: z.number() })).default([]),
    when: z
      .codec(z.iso.datetime(), z.date(), { decode: (s) => new Date(s), encode: (d) => d.toISOString() })
      .optional(),
    tags: z.map(z.string(), z.array(z.string())).optional(),
    uid: z.string().brand<'Uid'>().optional(),
    price: z.instanceof(Money).optional(),
    maybe: z.string().default('x').optional(),
    free: z.unknown(),
  }),
  { flash: z.object({ notice: z.string(), errors: z.array(z.string()) }) },
)
type S = typeof appSession extends { opener: { openReadonly: (...a: never[]) => Promise<infer R> } } ? R : never
declare const session: S

// get: present or undefined, never undefined with a default, readonly all the way down
const userId = session.get('userId')
same<typeof userId, number | undefined>()
notAny<typeof userId>()
const name = session.get('name')
same<typeof name, string | undefined>()
const theme = session.get('theme')
same<typeof theme, 'light' | 'dark'>()
const cart = session.get('cart')
same<typeof cart, readonly { readonly sku: string; readonly qty: number }[]>()
notAny<(typeof cart)[number]>()
const when = session.get('when')
same<typeof when, Date | undefined>()
const tags = session.get('tags')
same<typeof tags, ReadonlyMap<string, readonly string[]> | undefined>()
const uid = session.get('uid')
same<typeof uid, (string & z.$brand<'Uid'>) | undefined>()
const price = session.get('price')
same<typeof price, Money | undefined>()
const maybe = session.get('maybe')
same<typeof maybe, string | undefined>()
const free = session.get('free')
notAny<typeof free>()

// @ts-expect-error no such key
session.get('nope')
// @ts-expect-error elements are readonly
session.get('cart')[0].qty = 2
// @ts-expect-error arrays are readonly
session.get('cart').push({ sku: 'a', qty: 1 })
// @ts-expect-error maps are readonly
session.get('tags')?.set('a', [])

// set takes what get returned
session.set('cart', session.get('cart'))
session.set('tags', session.get('tags') ?? new Map())
session.set('price', new Money(1))
session.update('cart', (items) => [...items, { sku: 'A', qty: 1 }])
session.update('userId', (id) => (id ?? 0) + 1)
session.mutate('cart', (items) => void items.push({ sku: 'A', qty: 1 }))
session.mutate('cart', (items) => {
  items.push({ sku: 'A', qty: 1 })
})
// @ts-expect-error nobody waits for it
session.mutate('cart', async (items) => void items.push({ sku: 'A', qty: 1 }))
// @ts-expect-error what it returns would be ignored
session.mutate('cart', (items) => [...items, { sku: 'A', qty: 1 }])
// @ts-expect-error a number cannot be changed in place
session.mutate('userId', () => {})
// @ts-expect-error a text cannot be changed in place
session.mutate('theme', () => {})
// @ts-expect-error nobody waits for it
session.update('cart', async (items) => items)
// @ts-expect-error wrong value
session.set('userId', 'x')
// @ts-expect-error not one of the enum
session.set('theme', 'blue')
// @ts-expect-error a key with a default cannot be undefined
session.set('theme', undefined)
// @ts-expect-error missing property
session.set('cart', [{ sku: 'a' }])
// @ts-expect-error wrong result
session.update('userId', () => 'x')
// @ts-expect-error no such key
session.delete('nope')

// data
same<(typeof session.data)['theme'], 'light' | 'dark'>()
const all: { readonly theme: 'light' | 'dark'; readonly userId?: number | undefined } = session.data
void all
// @ts-expect-error data is readonly
session.data.theme = 'dark'

// flash
async function flashes() {
  const notice = await session.flash.take('notice')
  same<typeof notice, string | undefined>()
  const everything = await session.flash.takeAll()
  same<typeof everything.errors, readonly string[] | undefined>()
}
void flashes
session.flash.add('errors', 'e')
// @ts-expect-error notice holds no list
session.flash.add('notice', 'e')
// @ts-expect-error no such channel
session.flash.set('nope', 'x')
// @ts-expect-error wrong value
session.flash.set('notice', 1)
// @ts-expect-error wrong item
session.flash.add('errors', 1)

// without flash there are no channels
declare const plain: Session<typeof appSession.schema>
// @ts-expect-error no flash schema
plain.flash.set('notice', 'x')

// zod/mini
const miniSession = defineSession(mini.object({ n: mini._default(mini.number(), 1), s: mini.optional(mini.string()) }))
type MiniGet = Awaited<ReturnType<typeof miniSession.opener.openReadonly>>
declare const m: MiniGet
const n = m.get('n')
same<typeof n, number>()
const s = m.get('s')
same<typeof s, string | undefined>()

// a session needs an object
// @ts-expect-error not an object schema
defineSession(z.string())
// @ts-expect-error a transform of the whole is not an object schema
defineSession(z.object({ a: z.string() }).transform((v) => v.a))

// DeepReadonly leaves classes, functions and primitives alone
same<
  DeepReadonly<{ a: { b: number[] }; m: Money }>,
  { readonly a: { readonly b: readonly number[] }; readonly m: Money }
>()
same<DeepReadonly<() => void>, () => void>()
same<DeepReadonly<[string, number[]]>, readonly [string, readonly number[]]>()

// what takes any input has a default only if its schema says so
const looseSession = defineSession(
  z.object({
    count: z.coerce.number(),
    at: z.coerce.date(),
    page: z.coerce.number().default(1),
    size: z.coerce.number().default(10).readonly(),
    text: z.codec(z.unknown(), z.string(), { decode: String, encode: (value) => value }),
    later: z.lazy(() => z.number().default(1)),
    either: z.union([z.string(), z.number().default(1)]),
  }),
)
declare const loose: Session<typeof looseSession.schema>
const [count, at, page, size] = [loose.get('count'), loose.get('at'), loose.get('page'), loose.get('size')]
same<typeof count, number | undefined>()
same<typeof at, Date | undefined>()
same<typeof page, number>()
same<typeof size, number>()
const [text, later, either] = [loose.get('text'), loose.get('later'), loose.get('either')]
same<typeof text, string | undefined>()
same<typeof later, number>()
same<typeof either, string | number>()
