import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { type AnyMigration, migration } from '../../../src/schema/migrate.js'
import { createMigrator } from '../../../src/schema/migrator.js'
import type { SessionSchema } from '../../../src/schema/types.js'

const theme = z.enum(['light', 'dark']).default('light')
const v1 = z.object({ uid: z.string(), nick: z.string(), theme })
const v2 = z.object({
  userId: z.number().int(),
  alias: z.string(),
  night: z.boolean(),
  list: z.array(z.string()),
  theme,
})
const to2 = migration(v1, v2, (old) => ({
  userId: old.uid === undefined ? undefined : Number(old.uid),
  alias: old.nick,
  night: old.theme === 'dark',
  list: [],
}))
const migrator = (schema: SessionSchema, version: number, migrations: readonly AnyMigration[]) =>
  createMigrator(schema, { version, migrations, label: 'session `s`' })
const one = migrator(v1, 1, [])
const two = migrator(v2, 2, [to2])

interface Stored {
  readonly version: number
  readonly values: Record<string, unknown>
}

/** What a process does in a request: read the record, set and delete keys, write it back. */
function request(code: typeof two, record: Stored, set: Record<string, unknown> = {}, remove: readonly string[] = []) {
  const { data, carried, version } = code.read(record.values, record.version)
  for (const [key, value] of Object.entries(set)) {
    const typed = code.model.keys.get(key)?.fromApp(value)
    if (!typed) throw new Error(`no key ${key}`)
    data.set(key, typed)
    carried.delete(key)
  }
  for (const key of remove) data.delete(key)
  const own = [...data].map(([key, { stored }]) => [key, stored] as const)
  return { version, values: Object.fromEntries([...own, ...code.carriedBeside(data, carried)]) }
}
const view = (code: typeof two, record: Stored) =>
  Object.fromEntries([...code.read(record.values, record.version).data].map(([key, { value }]) => [key, value]))
const record = (values: Record<string, unknown>): Stored => ({ version: 2, values })

describe('J10 late writes: older code writes after newer code has migrated', () => {
  it('older code keeps what it does not know, and the higher version', () => {
    const after = request(one, record({ userId: 7, extra: 1 }), { uid: '8' })
    expect(after).toEqual({ version: 2, values: { userId: 7, extra: 1, uid: '8' } })
    expect(one.read(after.values, 2)).toMatchObject({ migrated: false, version: 2 })
  })

  it('a key that only older code knows is migrated, what both know is untouched', () => {
    const late = record({ userId: 7, alias: 'a', night: true, list: ['x'], theme: 'light', uid: '8' })
    expect(view(two, late)).toEqual({ userId: 8, alias: 'a', night: true, list: ['x'], theme: 'light' })
    expect(two.read(late.values, 2)).toMatchObject({ migrated: true, version: 2, invalid: [] })
  })

  it('a default of the older schema overwrites nothing', () => {
    const from = z.object({ uid: z.string(), tags: z.array(z.string()).default(['d']) })
    const to = z.object({ userId: z.string(), labels: z.array(z.string()) })
    const code = migrator(to, 2, [migration(from, to, ({ uid, tags }) => ({ userId: uid, labels: tags }))])
    expect(view(code, record({ labels: ['mine'], uid: '8' }))).toEqual({ labels: ['mine'], userId: '8' })
    expect(view(code, record({ labels: ['mine'], tags: ['d'] }))).toEqual({ labels: ['d'] })
  })

  it('a key that both know is not overwritten by what older keys say of it', () => {
    const from = z.object({ name: z.string(), nick: z.string() })
    const to = z.object({ name: z.string() })
    const code = migrator(to, 2, [migration(from, to, ({ name, nick }) => ({ name: nick ?? name }))])
    expect(view(code, record({ name: 'mine', nick: 'n' }))).toEqual({ name: 'mine' })
  })

  it('what does not validate, or cannot be migrated, is carried and not reported', () => {
    for (const uid of ['seven', 7n]) {
      const read = two.read({ userId: 7, uid }, 2)
      expect(read.data.get('userId')?.value).toBe(7)
      expect([...read.carried]).toEqual([['uid', uid]])
      expect(read).toMatchObject({ migrated: false, invalid: [] })
    }
    const broken = migrator(v2, 2, [
      migration(v1, v2, () => {
        throw new Error('broken')
      }),
    ])
    expect(view(broken, record({ userId: 7, uid: '8' }))).toEqual({ userId: 7 })
  })

  it('newer code that writes something else leaves older code with both of its keys', () => {
    const after = request(two, record({ userId: 7, alias: 'a', uid: '8', nick: 'n' }), { theme: 'dark' })
    expect(after.values).toEqual({ userId: 8, alias: 'n', theme: 'dark', uid: '8', nick: 'n' })
    expect(view(one, after)).toEqual({ uid: '8', nick: 'n', theme: 'dark' })
  })

  it('newer code that writes the same key wins, and only the outdated key goes', () => {
    const after = request(two, record({ uid: '8', nick: 'n' }), { userId: 9 })
    expect(after.values).toEqual({ userId: 9, alias: 'n', nick: 'n' })
    expect(view(two, after)).toEqual({ userId: 9, alias: 'n' })
    expect(view(one, after)).toEqual({ nick: 'n' })
  })

  it('newer code that deletes a key is not undone by the older one', () => {
    const after = request(two, record({ userId: 7, uid: '8' }), {}, ['userId'])
    expect(after.values).toEqual({})
  })

  it('a key that got another type under the same name', () => {
    const from = z.object({ id: z.string() })
    const to = z.object({ id: z.number() })
    const code = migrator(to, 2, [migration(from, to, ({ id }) => ({ id: id === undefined ? id : Number(id) }))])
    const read = code.read({ id: '8' }, 2)
    expect(read.data.get('id')?.value).toBe(8)
    expect(read).toMatchObject({ migrated: true, invalid: [] })
    expect([...read.carried]).toEqual([])
    expect(code.read({ id: 8n }, 2)).toMatchObject({ migrated: false, invalid: ['id'] })
  })

  it('a value that the current schema accepts is never taken for one of an older schema', () => {
    const text = z.object({ id: z.string() })
    const number = z.object({ id: z.number() })
    const code = migrator(text, 3, [
      migration(text, number, ({ id }) => ({ id: Number(id) })),
      migration(number, text, ({ id }) => ({ id: String(id) })),
    ])
    expect(code.read({ id: '007', other: 1 }, 3).data.get('id')?.value).toBe('007')
  })

  it('several older keys that make one newer key stay together or go together', () => {
    const from = z.object({ first: z.string(), last: z.string() })
    const to = z.object({ name: z.string() })
    const code = migrator(to, 2, [migration(from, to, ({ first, last }) => ({ name: `${first} ${last}` }))])
    const late = record({ first: 'Ada', last: 'L' })
    expect(request(code, late).values).toEqual({ name: 'Ada L', first: 'Ada', last: 'L' })
    expect(request(code, late, { name: 'Bob' }).values).toEqual({ name: 'Bob' })
  })

  it('of an older and a newer late write the one that came last counts', () => {
    const v3 = z.object({ account: z.number(), theme })
    const three = migrator(v3, 3, [to2, migration(v2, v3, ({ userId }) => ({ account: userId }))])
    const at3: Stored = { version: 3, values: { account: 1 } }
    const by2then1 = request(one, request(two, at3, { userId: 2 }), { uid: '3' })
    const by1then2 = request(two, request(one, at3, { uid: '3' }), { userId: 2 })
    expect(view(three, by2then1)['account']).toBe(3)
    expect(view(three, by1then2)['account']).toBe(2)
    expect(view(two, by2then1)['userId']).toBe(3)
  })

  it('a record that is migrated and has late writes of a still older version has both done', () => {
    const v3 = z.object({ account: z.number() })
    const three = migrator(v3, 3, [to2, migration(v2, v3, ({ userId }) => ({ account: userId }))])
    expect(view(three, record({ userId: 7, uid: '8' }))).toEqual({ account: 8 })
  })
})
