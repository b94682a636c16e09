import * as z from 'zod'
import {
  type DeepReadonly,
  defineSession,
  type ReadonlySession,
  type ReadonlySessionOf,
  type Session,
  type SessionOf,
  type SessionWith,
} from '../../src/index.js'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
declare function same<A, B>(..._: Equal<A, B> extends true ? [] : ['these types differ', A, B]): void

const Cart = z.array(z.object({ sku: z.string(), qty: z.number() }))
const flash = z.object({ notice: z.string(), errors: z.array(z.string()) })
const shop = defineSession(
  z.object({
    userId: z.number().optional(),
    theme: z.enum(['light', 'dark']).default('light'),
    cart: Cart.default([]),
  }),
  { flash },
)
const plain = defineSession(z.object({ userId: z.number().int().default(0), cart: Cart }))
const named = defineSession(z.object({ userId: z.string() }))
declare const shopSession: SessionOf<typeof shop>
declare const plainSession: SessionOf<typeof plain>
declare const namedSession: SessionOf<typeof named>

// the session of a definition, flash and all
same<SessionOf<typeof shop>, Session<typeof shop.schema, typeof flash>>()
same<SessionOf<typeof plain>, Session<typeof plain.schema>>()
same<ReadonlySessionOf<typeof shop>, ReadonlySession<typeof shop.schema, typeof flash>>()
// @ts-expect-error a schema is no definition
declare const ofSchema: SessionOf<typeof shop.schema>
void ofSchema

// a helper for every session that has a key of that type
async function logIn(session: SessionWith<{ userId: number }>, userId: number) {
  await session.regenerate()
  session.set('userId', userId)
  session.assign({ userId })
  session.update('userId', (current) => (current ?? 0) + 1)
  same<ReturnType<typeof read>, number | undefined>()
  function read() {
    return session.get('userId')
  }
  // @ts-expect-error wrong value
  session.set('userId', 'x')
  // @ts-expect-error a key that not every such session has
  session.get('theme')
  // @ts-expect-error nor has every one a flash
  session.flash.set('notice', 'Welcome')
}
void logIn(shopSession, 1)
void logIn(plainSession, 1)
// @ts-expect-error its userId is text
void logIn(namedSession, 1)

async function buy(session: SessionWith<{ cart: z.infer<typeof Cart> }, { notice: string }>) {
  session.update('cart', (cart) => [...(cart ?? []), { sku: 'A', qty: 1 }])
  session.flash.set('notice', 'Added')
  same<Awaited<ReturnType<typeof session.flash.take>>, string | undefined>()
  const last = session.pull('cart')
  same<typeof last, DeepReadonly<z.infer<typeof Cart>> | undefined>()
  await session.regenerate({ keep: ['cart'] })
  // @ts-expect-error no such channel
  session.flash.set('errors', ['x'])
}
void buy(shopSession)
// @ts-expect-error it has no flash
void buy(plainSession)

// what get returned is readonly, and so is what a helper takes
function total(cart: DeepReadonly<z.infer<typeof Cart>>): number {
  return cart.reduce((sum, { qty }) => sum + qty, 0)
}
total(shopSession.get('cart'))
total(shopSession.data.cart)

// several keys at once
shopSession.assign({ userId: 1, theme: 'dark' })
shopSession.assign({ cart: shopSession.get('cart') })
// @ts-expect-error no such key
shopSession.assign({ usrId: 1 })
// @ts-expect-error wrong value
shopSession.assign({ theme: 'blue' })
const pulled = shopSession.pull('theme')
same<typeof pulled, 'light' | 'dark'>()
// @ts-expect-error a list of keys
void shopSession.regenerate({ keep: 'cart' })
// @ts-expect-error of keys that there are
void shopSession.regenerate({ keep: ['crt'] })
