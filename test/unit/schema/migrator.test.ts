import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import * as mini from 'zod/mini'
import type { SessionMigrationError } from '../../../src/core/errors.js'
import { typeRegistry } from '../../../src/core/type-registry.js'
import { type AnyMigration, migration } from '../../../src/schema/migrate.js'
import { createMigrator, type MigratedData } from '../../../src/schema/migrator.js'
import type { SessionSchema } from '../../../src/schema/types.js'

const label = 'session `s`'
const theme = z.enum(['light', 'dark']).default('light')
const v1 = z.object({ uid: z.string(), theme })
const v2 = z.object({ userId: z.number().int(), theme })
const v3 = z.object({ account: z.object({ id: z.number() }), theme })
const toNumber = (uid: string | undefined) => (uid === undefined ? undefined : Number(uid))
const to2 = migration(v1, v2, (old) => ({ userId: toNumber(old.uid) }))
const to3 = migration(v2, v3, ({ userId }) => ({ account: userId === undefined ? undefined : { id: userId } }))

const migrator = (schema: SessionSchema, version: number, migrations: readonly AnyMigration[]) =>
  createMigrator(schema, { version, migrations, label })
const two = migrator(v2, 2, [to2])
const three = migrator(v3, 3, [to2, to3])
const valuesOf = ({ data }: MigratedData) => Object.fromEntries([...data].map(([key, { value }]) => [key, value]))
const seen = (read: MigratedData) => ({ data: valuesOf(read), carried: Object.fromEntries(read.carried) })
const failure = (run: () => unknown): SessionMigrationError => {
  try {
    run()
  } catch (error) {
    return error as SessionMigrationError
  }
  throw new Error('it did not throw')
}

describe('a chain that does not fit is refused at definition', () => {
  const same = z.object({ uid: z.string(), theme })
  it.each([
    ['version 0', v1, 0, [], /whole number from 1/],
    ['version 1.5', v1, 1.5, [], /whole number from 1/],
    ['version NaN', v1, Number.NaN, [], /whole number from 1/],
    ['version 1 with migrations', v2, 1, [to2], /at most 0/],
    ['too many migrations', v3, 2, [to2, to3], /at most 1.*Set `version` to 3/],
    ['version 2 without migrations', v2, 2, [], /what version 1 wrote could not be read/],
    ['wrong order', v3, 3, [to3, to2], /`migrations\[0\]`.*from version 1 to 2,.*`migrations\[1\]`/],
    ['gap', v3, 4, [to2, migration(v3, v3, (old) => old)], /`migrations\[0\]`.*from version 2 to 3/],
    ['wrong last', v3, 2, [to2], /`migrations\[0\]`.*is the last/],
    ['an equal schema that is another object', same, 2, [migration(v2, v1, () => ({}))], /very object/],
    ['not a migration', v2, 2, [{ from: v1, to: v2 } as never], /not made by migration/],
    [
      'an older schema that cannot be stored',
      v2,
      2,
      [migration(z.object({ a: z.string().transform(Number) }), v2, () => ({}))],
      /Key `a` of version 1 of session `s`/,
    ],
  ])('%s', (_, schema, version, migrations, message) => {
    expect(() => migrator(schema, version, migrations)).toThrow(
      expect.objectContaining({ code: 'ERR_SESSION_CONFIG', message: expect.stringMatching(message) }),
    )
  })

  it('no migrations at version 1 are fine, and so are dropped old ones', () => {
    expect(migrator(v1, 1, []).version).toBe(1)
    expect(migrator(v3, 3, [to3]).shapeOf(1)).toBeUndefined()
  })
})

describe('J10 reading what an older version wrote', () => {
  it('runs one step, or all of them', () => {
    expect(seen(two.read({ uid: '7', theme: 'dark' }, 1))).toEqual({ data: { userId: 7, theme: 'dark' }, carried: {} })
    expect(seen(three.read({ uid: '7', theme: 'dark' }, 1)).data).toEqual({ account: { id: 7 }, theme: 'dark' })
    expect(seen(three.read({ userId: 7 }, 2)).data).toEqual({ account: { id: 7 } })
    expect(three.read({ uid: '7' }, 1)).toMatchObject({ migrated: true, version: 3, invalid: [] })
  })

  it('a record of the current version is not migrated', () => {
    const read = two.read({ userId: 7, extra: 1 }, 2)
    expect(seen(read)).toEqual({ data: { userId: 7 }, carried: { extra: 1 } })
    expect(read).toMatchObject({ migrated: false, version: 2 })
  })

  it('gives the migration frozen, partial data with defaults, and takes copies of its result', () => {
    const from = z.object({ tags: z.array(z.string()).default(['x']), list: z.array(z.number()), none: z.string() })
    const to = z.object({ tags: z.array(z.string()), list: z.array(z.number()) })
    let old: Readonly<Record<string, unknown>> = {}
    const list = [1]
    const one = migrator(to, 2, [
      migration(from, to, (given) => {
        old = given
        return { list: given.list, tags: given.tags }
      }),
    ])
    const read = one.read({ list }, 1)
    expect(old).toEqual({ tags: ['x'], list: [1] })
    expect([old, old['tags'], old['list']].every(Object.isFrozen)).toBe(true)
    expect(Object.isFrozen(list)).toBe(false)
    expect(read.data.get('list')?.value).not.toBe(old['list'])
  })

  it('a key of both versions stays when it is not mentioned, and goes when it is undefined', () => {
    const keep = migrator(v2, 2, [migration(v1, v2, () => ({}))])
    const drop = migrator(v2, 2, [migration(v1, v2, () => ({ theme: undefined }))])
    expect(seen(keep.read({ theme: 'dark', uid: '7' }, 1))).toEqual({ data: { theme: 'dark' }, carried: {} })
    expect(seen(drop.read({ theme: 'dark', uid: '7' }, 1))).toEqual({ data: {}, carried: {} })
  })

  it('what version 1 refuses is hidden from the migration, reported, and carried', () => {
    let old: unknown
    const one = migrator(v2, 2, [
      migration(v1, v2, (given) => {
        old = given
        return { userId: toNumber(given.uid) }
      }),
    ])
    const read = one.read({ uid: 7n, theme: 'dark' }, 1)
    expect(old).toEqual({ theme: 'dark' })
    expect(seen(read)).toEqual({ data: { theme: 'dark' }, carried: { uid: 7n } })
    expect(read.invalid).toEqual(['uid'])
  })

  it('what version 1 refuses and version 2 accepts under the same name is data', () => {
    const from = z.object({ n: z.string() })
    const to = z.object({ n: z.union([z.string(), z.number()]) })
    const read = migrator(to, 2, [migration(from, to, () => ({}))]).read({ n: 5 }, 1)
    expect(seen(read)).toEqual({ data: { n: 5 }, carried: {} })
    expect(read.invalid).toEqual([])
  })

  it('what version 1 accepts and version 2 refuses is reported and carried', () => {
    const from = z.object({ n: z.string() })
    const to = z.object({ n: z.number() })
    const read = migrator(to, 2, [migration(from, to, () => ({}))]).read({ n: 'x' }, 1)
    expect(seen(read)).toEqual({ data: {}, carried: { n: 'x' } })
    expect(read.invalid).toEqual(['n'])
  })

  it('keys that version 1 does not know are carried, read by the schema that knows them, and lose to the result', () => {
    const extra = { x: [1] }
    expect(two.read({ uid: '7', extra }, 1).carried.get('extra')).toBe(extra)
    expect(seen(two.read({ userId: 9 }, 1))).toEqual({ data: { userId: 9 }, carried: {} })
    expect(seen(two.read({ userId: 9, uid: '7' }, 1))).toEqual({ data: { userId: 7 }, carried: {} })
    expect(seen(three.read({ userId: 9 }, 1))).toEqual({ data: { account: { id: 9 } }, carried: {} })
  })

  it('the stored side of a codec is read, and written', () => {
    const isoDate = z.codec(z.iso.datetime(), z.date(), { decode: (s) => new Date(s), encode: (d) => d.toISOString() })
    const from = z.object({ at: isoDate })
    const to = z.object({ since: isoDate })
    const read = migrator(to, 2, [migration(from, to, (old) => ({ since: old.at }))]).read(
      { at: '2026-01-02T03:04:05.000Z' },
      1,
    )
    expect(read.data.get('since')).toMatchObject({
      value: new Date(Date.UTC(2026, 0, 2, 3, 4, 5)),
      stored: '2026-01-02T03:04:05.000Z',
    })
  })

  it('instances of registered classes are handed to the migration as copies', () => {
    class Box {
      constructor(public n: number) {}
      grow(): void {
        this.n++
      }
    }
    const types = typeRegistry().register('Box', Box, { encode: (box) => box.n, decode: (n) => new Box(n) })
    const from = z.object({ box: z.instanceof(Box) })
    const to = z.object({ box: z.instanceof(Box), n: z.number() })
    const up = migration(from, to, ({ box }) => {
      box?.grow()
      return { n: box?.n }
    })
    const box = new Box(1)
    const read = createMigrator(to, { version: 2, migrations: [up], label, types }).read({ box }, 1)
    expect(valuesOf(read)).toEqual({ n: 2, box: new Box(1) })
  })

  it('zod/mini works the same', () => {
    const from = mini.object({ n: mini._default(mini.number(), 3) })
    const to = mini.object({ count: mini.number() })
    const one = migrator(to, 2, [migration(from, to, (old) => ({ count: old.n }))])
    expect(valuesOf(one.read({}, 1))).toEqual({ count: 3 })
  })

  it('hostile key names pollute nothing', () => {
    const stored = JSON.parse('{"__proto__":{"x":1},"constructor":2,"toString":3}') as Record<string, unknown>
    const read = two.read(stored, 1)
    expect([...read.carried.keys()]).toEqual(['__proto__', 'constructor', 'toString'])
    expect(valuesOf(read)).toEqual({})
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
  })
})

describe('a migration that fails', () => {
  const failing = (up: (old: unknown) => unknown) =>
    failure(() => migrator(v3, 3, [to2, migration(v2, v3, up as never)]).read({ uid: '4711', theme: 'dark' }, 1))

  it.each([
    ['throws', () => JSON.parse('4711!') as object, /from version 2 to 3 threw/],
    ['is async', () => Promise.resolve({}), /is async/],
    ['rejects', () => Promise.reject(new Error('4711')), /is async/],
    ['returns nothing', () => undefined, /returned undefined/],
    ['returns an array', () => [4711], /returned array of 1 item/],
    ['gives a refused value', () => ({ account: { id: '4711' } }), /`account\.id`: expected number, received string/],
    ['gives an unknown key', () => ({ userId: 4711 }), /`userId`: expected no such key/],
    ['gives two', () => ({ theme: '4711', account: 4711 }), /`theme`.*`account`/],
  ])('%s: names versions and paths, never values', (_, up, message) => {
    const error = failing(up)
    expect(error).toMatchObject({ code: 'ERR_SESSION_MIGRATION', name: 'SessionMigrationError', from: 2, to: 3 })
    expect(error.message).toMatch(message)
    expect(error.message).not.toContain('4711')
  })

  it('keeps the cause', () => {
    const cause = new Error('mine')
    expect(
      failing(() => {
        throw cause
      }).cause,
    ).toBe(cause)
  })

  it('a record that is too old is a misdeploy: what to add, and nothing is reset', () => {
    expect(() => migrator(v3, 3, [to3]).read({ uid: '4711' }, 1)).toThrow(
      expect.objectContaining({
        code: 'ERR_SESSION_MISDEPLOY',
        status: 503,
        message: expect.stringMatching(/schema version 1, and `migrations` start at version 2/),
      }),
    )
  })
})

describe('J10 key shapes', () => {
  it('hold the names of every version, and below a name what the version of the record says', () => {
    const from = z.object({ profile: z.object({ nick: z.string() }), old: z.object({ x: z.number() }) })
    const to = z.object({ profile: z.object({ name: z.string() }), fresh: z.string() })
    const one = migrator(to, 2, [migration(from, to, () => ({}))])
    const nick = { keys: { nick: undefined } }
    const name = { keys: { name: undefined } }
    const old = { keys: { x: undefined } }
    expect(one.shapeOf(1)).toEqual({ keys: { profile: nick, old, fresh: undefined } })
    expect(one.shapeOf(2)).toEqual({ keys: { profile: name, old, fresh: undefined } })
    expect(one.shapeOf(9)).toBe(one.shapeOf(2))
    expect(one.shapeOf(0)).toBeUndefined()
  })
})
