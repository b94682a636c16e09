import * as z from 'zod'
import * as mini from 'zod/mini'
import { type AnyMigration, type MigrationChain, migration } from '../../src/schema/migrate.js'
import type { SessionSchema } from '../../src/schema/types.js'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
type IsAny<T> = 0 extends 1 & T ? true : false
declare function same<A, B>(..._: Equal<A, B> extends true ? [] : ['these types differ', A, B]): void
declare function notAny<T>(..._: IsAny<T> extends true ? ['this is any'] : []): void

/** The generic that a definition takes its migrations by. */
declare function define<const S extends SessionSchema, const M extends readonly AnyMigration[] = []>(
  schema: S,
  options?: { readonly version?: number; readonly migrations?: MigrationChain<M, S> },
): M

const isoDate = z.codec(z.iso.datetime(), z.date(), { decode: (s) => new Date(s), encode: (d) => d.toISOString() })
const v1 = z.object({
  uid: z.string(),
  theme: z.enum(['light', 'dark']).default('light'),
  at: isoDate,
  cart: z.array(z.object({ sku: z.string() })).optional(),
})
const v2 = z.object({ userId: z.number().int(), theme: z.enum(['light', 'dark']).default('light'), at: isoDate })
const v3 = z.object({ account: z.object({ id: z.number() }) })

// `old` is the output of `from`: partial, defaults present, readonly all the way down
const first = migration(v1, v2, (old) => {
  notAny<typeof old>()
  same<typeof old.uid, string | undefined>()
  same<typeof old.theme, 'light' | 'dark'>()
  same<typeof old.at, Date | undefined>()
  same<typeof old.cart, readonly { readonly sku: string }[] | undefined>()
  // @ts-expect-error: readonly
  old.theme = 'dark'
  // @ts-expect-error: readonly, deeply
  if (old.cart) old.cart[0].sku = 'x'
  // @ts-expect-error: no such key
  void old.userId
  return { userId: old.uid === undefined ? undefined : Number(old.uid), theme: old.theme, at: old.at }
})
same<typeof first.from, typeof v1>()
same<typeof first.to, typeof v2>()
notAny<ReturnType<typeof first.up>>()
same<ReturnType<typeof first.up>['userId'], number | undefined>()

const second = migration(v2, v3, (old) => ({ account: old.userId === undefined ? undefined : { id: old.userId } }))

// the result is a partial of what `to` takes
migration(v1, v2, () => ({}))
migration(v1, v2, () => ({ theme: 'dark' }))
migration(v1, v2, () => ({ userId: undefined }))
// @ts-expect-error: of the wrong type
migration(v1, v2, (old) => ({ userId: old.uid }))
// @ts-expect-error: not one of the values
migration(v1, v2, () => ({ theme: 'blue' }))
// @ts-expect-error: the encoded side
migration(v1, v2, () => ({ at: '2026-01-01T00:00:00Z' }))
// @ts-expect-error: async
migration(v1, v2, async (old) => ({ theme: old.theme }))
// @ts-expect-error: nothing
migration(v1, v2, () => {})
// @ts-expect-error: a key that only the older schema has
migration(v1, v2, (old) => ({ theme: old.theme, uid: old.uid }))
// @ts-expect-error: its only key is misspelt
migration(v1, v2, (old) => ({ userid: Number(old.uid) }))
// @ts-expect-error: all of its keys are
migration(v1, v2, (old) => ({ userid: Number(old.uid), Theme: old.theme }))
// @ts-expect-error: a misspelt key in one of two results
migration(v1, v2, (old) => (old.uid ? { userId: 1 } : { userid: 1 }))
// @ts-expect-error: a misspelt key beside right ones
migration(v1, v2, (old) => ({ theme: old.theme, userID: 1 }))

// the chain
const chain = define(v3, { version: 3, migrations: [first, second] })
same<typeof chain, [typeof first, typeof second]>()
notAny<(typeof chain)[0]>()
define(v2, { version: 2, migrations: [first] })
define(v2, { version: 9, migrations: [migration(v1, v2, (old) => ({ theme: old.theme }))] })
define(v1)
define(v1, {})
define(v1, { version: 1, migrations: [] })
const tuple = [first, second] as const
define(v3, { version: 3, migrations: tuple })
// @ts-expect-error: wrong order
define(v3, { version: 3, migrations: [second, first] })
// @ts-expect-error: wrong order, right last one
define(v3, { version: 4, migrations: [second, first, second] })
// @ts-expect-error: a gap
define(v3, { version: 4, migrations: [first, migration(v3, v3, (old) => old)] })
// @ts-expect-error: the last leads to another schema
define(v3, { version: 2, migrations: [first] })
const list: AnyMigration[] = [first, second]
// @ts-expect-error: an array of no known order
define(v3, { version: 3, migrations: list })
// @ts-expect-error: not a migration
define(v3, { version: 3, migrations: [{ from: v2, to: v3 }] })

// a schema that differs in one key only is another schema
const almost = z.object({ ...v2.shape, extra: z.string().optional() })
// @ts-expect-error: leads to v2
define(almost, { version: 2, migrations: [first] })

// zod/mini, and from mini to zod
const m1 = mini.object({ n: mini._default(mini.number(), 3), s: mini.optional(mini.string()) })
const m2 = mini.object({ count: mini.number() })
const toMini = migration(m1, m2, (old) => {
  same<typeof old.n, number>()
  same<typeof old.s, string | undefined>()
  return { count: old.n }
})
define(m2, { version: 2, migrations: [toMini] })
const toZod = migration(m2, v3, (old) => ({ account: { id: old.count ?? 0 } }))
define(v3, { version: 3, migrations: [toMini, toZod] })
// @ts-expect-error: of the wrong type
migration(m1, m2, (old) => ({ count: old.s }))
// @ts-expect-error: wrong order
define(m2, { version: 3, migrations: [toZod, toMini] })
