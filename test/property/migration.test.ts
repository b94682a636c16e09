import fc from 'fast-check'
import { expect, it } from 'vitest'
import * as z from 'zod'
import { cbor } from '../../src/codec/cbor.js'
import { migration } from '../../src/schema/migrate.js'
import { createMigrator, type Migrator } from '../../src/schema/migrator.js'
import type { SessionSchema } from '../../src/schema/types.js'

/** Two values that each version calls and types in its own way, and one that all of them share. */
const theme = z.enum(['light', 'dark', 'blue']).default('light')
const v1 = z.object({ uid: z.string(), nick: z.string(), theme })
const v2 = z.object({ userId: z.number().int(), alias: z.string(), theme })
const v3 = z.object({ account: z.object({ id: z.number() }), alias: z.string(), theme })
const to2 = migration(v1, v2, (old) => ({
  userId: old.uid === undefined ? undefined : Number(old.uid),
  alias: old.nick,
  theme: old.theme,
}))
const to3 = migration(v2, v3, (old) => ({
  account: old.userId === undefined ? undefined : { id: old.userId },
  alias: old.alias,
}))

const FIELDS = ['user', 'name', 'theme'] as const
type Field = (typeof FIELDS)[number]
interface Code {
  readonly version: number
  readonly migrator: Migrator
  readonly key: Readonly<Record<Field, string>>
  /** A number as this version writes the value of a field. */
  readonly form: (field: Field, n: number) => unknown
}
const form = (user: (n: number) => unknown) => (field: Field, n: number) =>
  field === 'user' ? user(n) : field === 'name' ? `name ${n}` : (['light', 'dark', 'blue'] as const)[n % 3]
const build = (
  schema: SessionSchema,
  version: number,
  migrations: Parameters<typeof createMigrator>[1]['migrations'],
) => createMigrator(schema, { version, migrations, label: 'session `s`' })
const codes: readonly Code[] = [
  { version: 1, migrator: build(v1, 1, []), key: { user: 'uid', name: 'nick', theme: 'theme' }, form: form(String) },
  {
    version: 2,
    migrator: build(v2, 2, [to2]),
    key: { user: 'userId', name: 'alias', theme: 'theme' },
    form: form((n) => n),
  },
  {
    version: 3,
    migrator: build(v3, 3, [to2, to3]),
    key: { user: 'account', name: 'alias', theme: 'theme' },
    form: form((id) => ({ id })),
  },
]

interface Known {
  /** What was last written to a field, and by which version. */
  last: { readonly n: number | undefined; readonly by: number }
  /** What each key in the record says of it. */
  readonly says: Map<string, number>
}
interface Model {
  version: number
  fields: Record<Field, Known>
}
interface Real {
  record: Uint8Array
  version: number
}

const codec = cbor()

function open(code: Code, real: Real) {
  const shape = code.migrator.shapeOf(real.version)
  if (!shape) throw new Error('too old')
  return code.migrator.read(codec.bind({ shape }).decode(real.record) as Record<string, unknown>, real.version)
}

/** One request of one version of the code. Without a field it writes nothing but what it has read. */
class Write implements fc.Command<Model, Real> {
  constructor(
    readonly code: Code,
    readonly field: Field | undefined,
    /** undefined deletes. */
    readonly n: number | undefined,
  ) {}

  /** What older code deletes newer code does not hear of: a limit, not a law. */
  check = ({ version }: Readonly<Model>) => {
    const { code, field, n } = this
    return (
      field === undefined || n !== undefined || code.version >= version || code.key[field] === keyAt(field, version)
    )
  }
  toString = () => `v${this.code.version} ${this.field === undefined ? 'saves' : `${this.field} = ${this.n}`}`

  run(model: Model, real: Real): void {
    const { code, field, n } = this
    const { migrator, version } = code
    const read = open(code, real)
    const { data, carried } = read
    if (field !== undefined) {
      const key = code.key[field]
      if (n === undefined) data.delete(key)
      else data.set(key, migrator.model.keys.get(key)?.fromApp(code.form(field, n)) ?? expect.fail('no such key'))
      carried.delete(key)
    }
    const stored = Object.fromEntries([...data].map(([key, typed]) => [key, typed.stored]))
    for (const [key, value] of migrator.carriedBeside(data, carried)) stored[key] = value
    real.record = codec.bind({ shape: migrator.shapeOf(version) ?? {} }).encode(stored)
    real.version = read.version

    for (const name of FIELDS) {
      const known = model.fields[name]
      const { says } = known
      const current = seenBy(says, name, version)
      if (version > model.version) known.last = { ...known.last, by: Math.max(known.last.by, version) }
      if (current === undefined) continue
      // Migrating a record uses up the keys of the versions in between.
      for (let older = model.version; older < version; older++) says.delete(keyAt(name, older))
      says.set(code.key[name], current)
    }
    model.version = Math.max(model.version, version)
    if (field !== undefined) {
      const known = model.fields[field]
      const { says } = known
      known.last = { n, by: version }
      if (seenBy(says, field, version) !== n) {
        // Older keys that say something else are outdated.
        for (let older = 1; older < version; older++)
          if (says.get(keyAt(field, older)) !== n) says.delete(keyAt(field, older))
        if (n === undefined) says.delete(code.key[field])
        else says.set(code.key[field], n)
      }
    }
    for (const reader of codes) this.compare(reader, model, real)
  }

  private compare(reader: Code, model: Model, real: Real): void {
    const { data, carried, invalid } = open(reader, real)
    expect(invalid).toEqual([])
    expect(carried.get('unknown') ?? data.get('unknown')).toEqual({ of: 'others' })
    for (const field of FIELDS) {
      const { last, says } = model.fields[field]
      const known = seenBy(says, field, reader.version)
      if (reader.version >= last.by) expect(known).toBe(last.n)
      const expected = known === undefined ? undefined : reader.form(field, known)
      const value = data.get(reader.key[field])?.value
      // A migration that hands a default on stores it.
      const or = field === 'theme' ? 'light' : undefined
      expect([field, reader.version, value ?? or]).toEqual([field, reader.version, expected ?? or])
    }
  }
}

/** A reader understands the keys of its own and of older versions, and the oldest was written last. */
function seenBy(says: ReadonlyMap<string, number>, field: Field, version: number): number | undefined {
  const key = codes.filter((by) => by.version <= version).find((by) => says.has(by.key[field]))?.key[field]
  return key === undefined ? undefined : says.get(key)
}

function keyAt(field: Field, version: number): string {
  return codes[version - 1]?.key[field] ?? expect.fail('no such version')
}

const code = fc.constantFrom(...codes)
const n = fc.integer({ min: 0, max: 4 })
const commands = [
  code.map((by) => new Write(by, undefined, undefined)),
  fc.tuple(code, fc.constantFrom(...FIELDS), fc.option(n, { nil: undefined, freq: 6 })).map((a) => new Write(...a)),
]

it('J10 whatever versions write one record in whatever order, newer code reads the last value of each, and so does its writer until the record is migrated', () => {
  fc.assert(
    fc.property(fc.constantFrom(1, 2, 3), fc.commands(commands, { maxCommands: 25 }), (version, run) => {
      const none = (): Known => ({ last: { n: undefined, by: 4 }, says: new Map() })
      const fields = { user: none(), name: none(), theme: none() }
      const record = codec.bind({ shape: {} }).encode({ unknown: { of: 'others' } })
      fc.modelRun(() => ({ model: { version, fields }, real: { record, version } }), run)
    }),
    { numRuns: 500 },
  )
})
