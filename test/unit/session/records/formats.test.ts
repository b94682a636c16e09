import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { registry } from '../../../../src/codec/registry.js'
import { superjson } from '../../../../src/codec/superjson.js'
import { generateSecret } from '../../../../src/core/keyring.js'
import { typeRegistry } from '../../../../src/core/type-registry.js'
import { cbor, defineSession, json, memoryStore } from '../../../../src/index.js'
import { migration } from '../../../../src/schema/migrate.js'
import type { StoredRecord, StoreKey } from '../../../../src/stores/port.js'
import { createTestClient } from '../../../../src/testing/test-client.js'

const secret = generateSecret()
const bytesIn = async (store: ReturnType<typeof memoryStore>) => {
  const found: Uint8Array[] = []
  for await (const { record } of store.scan('')) found.push(record.bytes)
  return Buffer.concat(found).toString('latin1')
}

describe('encrypt', () => {
  const schema = z.object({ name: z.string().optional() })

  it('keeps values out of the store, and reads them back', async () => {
    const store = memoryStore()
    const definition = defineSession(schema, { store, secrets: secret, encrypt: true })
    const client = createTestClient(definition)
    await client.request((session) => session.set('name', 'Ann Example'))
    expect(await bytesIn(store)).not.toContain('Ann')
    expect((await client.request((session) => session.get('name'))).value).toBe('Ann Example')
    await client.request((session) => session.rotate())
    expect((await client.request((session) => session.get('name'))).value).toBe('Ann Example')
    for await (const info of definition.scan()) expect(info.data?.name).toBe('Ann Example')
  })

  it('refuses a planted plain record with 503, and reads it until acceptPlain', async () => {
    const store = memoryStore()
    let now = 1_700_000_000_000
    const clock = () => now
    const plain = createTestClient(defineSession(schema, { store, clock }))
    await plain.request((session) => session.set('name', 'Ann'))
    const strict = createTestClient(defineSession(schema, { store, clock, secrets: secret, encrypt: true }))
    strict.cookie = plain.cookie
    await expect(strict.request((session) => session.get('name'))).rejects.toMatchObject({
      code: 'ERR_SESSION_MISDEPLOY',
    })
    const encrypt = { acceptPlain: new Date(now + 1000) }
    const lenient = createTestClient(defineSession(schema, { store, clock, secrets: secret, encrypt }))
    lenient.cookie = plain.cookie
    await lenient.request((session) => session.set('name', session.get('name') === 'Ann' ? 'Bob' : 'nobody'))
    expect(await bytesIn(store)).not.toContain('Bob')
    now += 1000
    strict.cookie = plain.cookie
    expect((await strict.request((session) => session.get('name'))).value).toBe('Bob')
  })

  it('binds a record to its session: one pasted over another is damage, not a login', async () => {
    const store = memoryStore()
    const definition = defineSession(schema, { store, secrets: secret, encrypt: true })
    const [ann, bob] = [createTestClient(definition), createTestClient(definition)]
    await ann.request((session) => session.set('name', 'Ann'))
    await bob.request((session) => session.set('name', 'Bob'))
    const found = []
    for await (const entry of store.scan('')) found.push(entry)
    const [first, second] = found
    if (!first || !second) throw new Error('two records')
    await store.update(second.key, { ...second.record, bytes: first.record.bytes }, second.record.revision)
    const names = [ann, bob].map(async (client) => (await client.request((session) => session.get('name'))).value)
    expect((await Promise.all(names)).filter((name) => name !== undefined)).toHaveLength(1)
  })

  it.each([true, { holder: true }])(
    'binds a record to its definition: one of another in the same store is damage, encrypt: %o',
    async (encrypt) => {
      const store = memoryStore()
      const admin = defineSession(schema, { name: 'admin', store, secrets: secret, encrypt })
      const clients = [createTestClient(admin), createTestClient(admin.with({ name: 'visitor' }))]
      const records: { key: StoreKey; record: StoredRecord }[] = []
      for (const client of clients) {
        await client.request((session) => session.set('name', 'Ann'))
        for await (const { key, record } of store.scan(''))
          if (!records.some((known) => known.key === key)) records.push({ key, record })
      }
      const [first, second] = records
      if (!first || !second) throw new Error('two records')
      await store.update(first.key, { ...first.record, bytes: second.record.bytes }, first.record.revision)
      await store.update(second.key, { ...second.record, bytes: first.record.bytes }, second.record.revision)
      for (const client of clients)
        expect((await client.request((session) => session.get('name'))).value).toBeUndefined()
    },
  )

  it('with holder only the cookie opens a record; scans see its clocks alone', async () => {
    const store = memoryStore()
    const definition = defineSession(schema, { store, secrets: secret, encrypt: { holder: true }, subject: 'name' })
    const client = createTestClient(definition)
    await client.request((session) => session.set('name', 'Ann'))
    expect((await client.request((session) => session.get('name'))).value).toBe('Ann')
    await client.request((session) => session.rotate())
    expect((await client.request((session) => session.get('name'))).value).toBe('Ann')
    const list = await definition.subjects.list('Ann')
    expect(list.map(({ data }) => data)).toEqual([undefined])
    expect(await definition.subjects.revoke('Ann')).toBe(1)
  })

  it('needs secrets', () => {
    expect(() => defineSession(schema, { encrypt: true })).toThrow('secrets')
  })
})

describe('compress', () => {
  it('shrinks large sessions and leaves small ones alone', async () => {
    const schema = z.object({ text: z.string().default('') })
    const store = memoryStore()
    const definition = defineSession(schema, { store, compress: { above: 1000 } })
    const client = createTestClient(definition)
    await client.request((session) => session.set('text', 'short'))
    expect(await bytesIn(store)).toContain('short')
    await client.request((session) => session.set('text', 'long '.repeat(2000)))
    expect((await bytesIn(store)).length).toBeLessThan(500)
    expect((await client.request((session) => session.get('text'))).value).toBe('long '.repeat(2000))
  })

  it('comes before encryption, and both ways are read when it is switched on or off', async () => {
    const schema = z.object({ text: z.string().default('') })
    const store = memoryStore()
    const on = defineSession(schema, { store, secrets: secret, encrypt: true, compress: true })
    const client = createTestClient(on)
    await client.request((session) => session.set('text', 'long '.repeat(2000)))
    expect((await bytesIn(store)).length).toBeLessThan(500)
    const off = createTestClient(on.with({ compress: false }))
    off.cookie = client.cookie
    expect((await off.request((session) => session.get('text'))).value).toBe('long '.repeat(2000))
    await off.request((session) => session.set('text', 'more '.repeat(2000)))
    expect((await bytesIn(store)).length).toBeGreaterThan(10_000)
    expect((await client.request((session) => session.get('text'))).value).toBe('more '.repeat(2000))
  })
})

class Money {
  readonly #cents: number
  constructor(cents: number) {
    this.#cents = cents
  }
  get cents() {
    return this.#cents
  }
}

describe('types (M041, M115)', () => {
  const types = typeRegistry().register('Money', Money, {
    encode: (money) => money.cents,
    decode: (cents) => new Money(cents),
  })
  const schema = z.object({ price: z.instanceof(Money).optional() })

  it.each([cbor(), json(), superjson(), registry()])('travel with $name, are copied and compared', async (codec) => {
    const definition = defineSession(schema, { codec, types, store: memoryStore() })
    const client = createTestClient(definition)
    await client.request((session) => session.set('price', new Money(250)))
    await client.request((session) => {
      const price = session.get('price')
      expect(price).toBeInstanceOf(Money)
      expect(price?.cents).toBe(250)
      expect(session.get('price')).not.toBe(price)
      session.set('price', new Money(250))
      expect(session.changed).toBe(false)
      session.set('price', new Money(251))
      expect(session.changed).toBe(true)
    })
    expect((await client.request((session) => session.get('price')?.cents)).value).toBe(251)
  })

  it('a class that is not registered is an error that says which call to add', async () => {
    const client = createTestClient(defineSession(schema, { store: memoryStore() }))
    await expect(client.request((session) => session.set('price', new Money(1)))).rejects.toMatchObject({
      code: 'ERR_SESSION_CODEC',
      path: 'price',
      message: expect.stringMatching(/type not registered: Money.*types\.register\('Money', Money/s),
    })
  })

  it('a type that this process does not know is a misdeploy, not damage', async () => {
    const store = memoryStore()
    const client = createTestClient(defineSession(schema, { types, store }))
    await client.request((session) => session.set('price', new Money(1)))
    const other = createTestClient(defineSession(schema, { types: typeRegistry(), store }))
    other.cookie = client.cookie
    await expect(other.request((session) => session.get('price'))).rejects.toMatchObject({
      code: 'ERR_SESSION_MISDEPLOY',
    })
  })
})

describe('schema versions (J10)', () => {
  const v1 = z.object({ uid: z.string().optional(), theme: z.string().default('light') })
  const v2 = z.object({ userId: z.number().int().optional(), theme: z.string().default('light') })
  const migrations = [
    migration(v1, v2, (old) => ({ userId: old.uid === undefined ? undefined : Number(old.uid) })),
  ] as const

  it('two versions over one store lose nothing in either direction', async () => {
    const store = memoryStore()
    const migrated: number[] = []
    const hooks = { migrated: ({ version }: { version: number }) => void migrated.push(version) }
    const old = createTestClient(defineSession(v1, { store }))
    const now = createTestClient(defineSession(v2, { store, version: 2, migrations, hooks }))
    await old.request((session) => {
      session.set('uid', '7')
      session.set('theme', 'dark')
    })
    now.cookie = old.cookie
    expect((await now.request((session) => [session.get('userId'), session.get('theme')])).value).toEqual([7, 'dark'])
    expect(migrated).toEqual([2])
    // A read alone does not write: the older code still sees its own record.
    expect((await old.request((session) => session.get('uid'))).value).toBe('7')
    await now.request((session) => session.set('theme', 'blue'))
    await old.request((session) => {
      expect(session.get('theme')).toBe('blue')
      session.set('theme', 'green')
    })
    await now.request((session) => expect([session.get('userId'), session.get('theme')]).toEqual([7, 'green']))
    // A login on a server not yet deployed.
    await old.request((session) => session.set('uid', '8'))
    await now.request((session) => expect(session.get('userId')).toBe(8))
  })

  it.each([
    ['reset', undefined],
    ['throw', 'ERR_SESSION_MISDEPLOY'],
  ] as const)("onNewerVersion '%s'", async (onNewerVersion, code) => {
    const store = memoryStore()
    const now = createTestClient(defineSession(v2, { store, version: 2, migrations }))
    await now.request((session) => session.set('theme', 'dark'))
    const old = createTestClient(defineSession(v1, { store, onNewerVersion }))
    old.cookie = now.cookie
    const read = old.request((session) => session.get('theme'))
    if (code) await expect(read).rejects.toMatchObject({ code, status: 503 })
    else expect((await read).value).toBe('light')
    expect((await now.request((session) => session.get('theme'))).value).toBe('dark')
  })

  it('a migration that fails leaves the record as it is', async () => {
    const store = memoryStore()
    const old = createTestClient(defineSession(v1, { store }))
    await old.request((session) => session.set('uid', 'x'))
    const broken = createTestClient(
      defineSession(v2, { store, version: 2, migrations: [migration(v1, v2, ({ uid }) => ({ userId: Number(uid) }))] }),
    )
    broken.cookie = old.cookie
    await expect(broken.request((session) => session.get('userId'))).rejects.toMatchObject({
      code: 'ERR_SESSION_MIGRATION',
    })
    expect((await old.request((session) => session.get('uid'))).value).toBe('x')
  })
})

describe('a change of codec logs nobody out', () => {
  const schema = z.object({
    id: z.number().default(0),
    name: z.string().optional(),
    cart: z.array(z.object({ sku: z.string() })).default([]),
  })

  it.each([cbor(), json(), superjson(), registry()])(
    '10,000 records of $name are read by an app that switched',
    async (from) => {
      const store = memoryStore()
      const before = defineSession(schema, { store, codec: from })
      const cookies = await Promise.all(
        Array.from({ length: 10_000 }, async (_, id) => {
          const client = createTestClient(before)
          await client.request((session) => {
            session.set('id', id)
            session.set('name', `user ${id}`)
            session.set('cart', [{ sku: `A-${id}` }])
          })
          return client.cookie
        }),
      )
      const to = from.name === 'json' ? cbor() : json()
      const after = createTestClient(defineSession(schema, { store, codec: [to, from] }))
      let equal = 0
      for (const [id, cookie] of cookies.entries()) {
        const { value } = await after.request((session) => session.data, { cookie })
        if (value.id === id && value.name === `user ${id}` && value.cart[0]?.sku === `A-${id}`) equal++
      }
      expect(equal).toBe(10_000)
      after.cookie = cookies[5] ?? ''
      await after.request((session) => session.set('name', 'changed'))
      const switched = createTestClient(defineSession(schema, { store, codec: to }))
      switched.cookie = after.cookie
      expect((await switched.request((session) => session.get('name'))).value).toBe('changed')
    },
  )
})
