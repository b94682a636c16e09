import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { cbor, defineSession, json, memoryStore, migration } from '../../../src/index.js'
import { copyAll, dualReadStore, migrateAll, recodeAll, resealAll } from '../../../src/migrate/index.js'
import type { KeyedRecord, SessionStore } from '../../../src/stores/port.js'
import { sqliteStore } from '../../../src/stores/sqlite.js'
import { createTestClient } from '../../../src/testing/test-client.js'

const v1 = z.object({ uid: z.string() })
const v2 = z.object({ userId: z.number().int() })
const step = migration(v1, v2, (old) => ({ userId: old.uid === undefined ? undefined : Number(old.uid) }))
const [newer, older] = ['kX9#mQ2$vL5&wT8!pR3^zN6*cB1@hJ4d', 'aZ4!sX7@dC1#fV5$gB9^hN2&jM6*kL8q']

const definitionsOver = (store: SessionStore) => ({
  before: defineSession(v1, { store }),
  now: defineSession(v2, { store, version: 2, migrations: [step] }),
})

async function filled(before: ReturnType<typeof definitionsOver>['before'], uids: readonly string[]) {
  const clients = uids.map(() => createTestClient(before))
  for (const [i, client] of clients.entries()) await client.request((session) => session.set('uid', uids[i] as string))
  return clients
}

async function recordsOf(store: SessionStore): Promise<KeyedRecord[]> {
  const found: KeyedRecord[] = []
  for await (const each of (store as ReturnType<typeof memoryStore>).scan('session:')) found.push(each)
  return found.sort((a, b) => (a.key < b.key ? -1 : 1))
}

const uids = Array.from({ length: 40 }, (_, i) => String(i))

describe.each([
  ['memory', () => memoryStore()],
  ['sqlite', () => sqliteStore({ url: ':memory:' })],
] as const)('migrateAll on the %s store', (_, make) => {
  it('writes every older record in the current version, and none of their deadlines', async () => {
    const store = make()
    const { before, now } = definitionsOver(store)
    await filled(before, uids)
    const deadlines = (await recordsOf(store)).map(({ key, record }) => [key, record.expiresAt])
    const report = await migrateAll(now, { batch: 7 })
    expect(report).toMatchObject({ scanned: 40, rewritten: 40, failed: 0, versions: { 1: 40 }, codecs: { cbor: 40 } })
    expect((await recordsOf(store)).map(({ key, record }) => [key, record.expiresAt])).toEqual(deadlines)
    const read: unknown[] = []
    for await (const { data } of now.scan()) read.push((data as { userId: number }).userId)
    expect(read.sort((a, b) => Number(a) - Number(b))).toEqual(uids.map(Number))
    expect(await migrateAll(now)).toMatchObject({ rewritten: 0, current: 40 })
  })

  it('writes nothing in a dry run, and counts what it would write', async () => {
    const store = make()
    const { before, now } = definitionsOver(store)
    await filled(before, uids)
    const stored = (await recordsOf(store)).map(({ record }) => record.revision)
    expect(await migrateAll(now, { dryRun: true })).toMatchObject({ rewritten: 40, dryRun: true })
    expect((await recordsOf(store)).map(({ record }) => record.revision)).toEqual(stored)
  })

  it('lists what cannot be converted, and leaves it as it is', async () => {
    const store = make()
    const { before, now } = definitionsOver(store)
    await filled(before, ['1', 'x', '3'])
    const report = await migrateAll(now)
    expect(report).toMatchObject({ rewritten: 2, failed: 1, failures: [{ code: 'ERR_SESSION_MIGRATION' }] })
    expect(await migrateAll(now)).toMatchObject({ rewritten: 0, current: 2, failed: 1 })
  })

  it('goes on where a stopped run ended', async () => {
    const store = make()
    const { before, now } = definitionsOver(store)
    await filled(before, uids)
    const stop = new AbortController()
    const part = await migrateAll(now, {
      batch: 5,
      concurrency: 1,
      signal: stop.signal,
      onProgress: () => stop.abort(),
    })
    expect(part.rewritten).toBeLessThan(40)
    const rest = await migrateAll(now)
    expect(part.rewritten + rest.rewritten).toBe(40)
  })
})

describe('a request that changes a session while it is migrated', () => {
  it('wins, and the record is migrated with its change', async () => {
    const inner = memoryStore()
    let meanwhile = async () => {}
    const store: SessionStore = {
      ...inner,
      async update(...args) {
        const run = meanwhile
        meanwhile = async () => {}
        await run()
        return inner.update(...args)
      },
    }
    const { before } = definitionsOver(inner)
    const now = defineSession(v2, { store, version: 2, migrations: [step] })
    const [client] = await filled(before, ['7'])
    meanwhile = async () => {
      await client?.request((session) => session.set('uid', '8'))
    }
    expect(await migrateAll(now)).toMatchObject({ rewritten: 1, busy: 0 })
    for await (const { data } of now.scan()) expect(data).toEqual({ userId: 8 })
  })
})

describe('recodeAll and resealAll', () => {
  it('write with the first codec, and with the first secret', async () => {
    const store = memoryStore()
    const uid = z.object({ uid: z.string() })
    await filled(defineSession(uid, { store, codec: json(), secrets: older, encrypt: true }), uids)
    const both = defineSession(uid, { store, codec: [cbor(), json()], secrets: [newer, older], encrypt: true })
    expect(await recodeAll(both, { dryRun: true })).toMatchObject({ codecs: { json: 40 }, seals: { older: 40 } })
    expect(await resealAll(both)).toMatchObject({ rewritten: 40 })
    const after = defineSession(uid, { store, secrets: newer, encrypt: true })
    expect(await migrateAll(after)).toMatchObject({ codecs: { cbor: 40 }, seals: { newest: 40 }, current: 40 })
  })

  it('leave what only the cookie of its client opens, and count it', async () => {
    const store = memoryStore()
    const uid = z.object({ uid: z.string() })
    const held = defineSession(uid, { store, secrets: older, encrypt: { holder: true } })
    await filled(held, ['1', '2'])
    expect(await resealAll(held)).toMatchObject({ rewritten: 0, skipped: { holder: 2 } })
  })
})

describe('moving to another store', () => {
  it('takes what changed and what ended meanwhile, and nothing that is in use there', async () => {
    const [from, to] = [memoryStore(), sqliteStore({ url: ':memory:' })]
    const here = defineSession(v1, { store: from })
    const there = defineSession(v1, { store: to })
    const clients = await filled(here, ['1', '2', '3'])
    expect(await copyAll(here, { from, to })).toMatchObject({ copied: 3 })
    await clients[0]?.request((session) => session.set('uid', '10'))
    await clients[1]?.request((session) => session.destroy())
    expect(await copyAll(here, { from, to })).toMatchObject({ copied: 0, updated: 1, ended: 1 })
    const read: unknown[] = []
    for await (const { data } of there.scan()) read.push((data as { uid: string }).uid)
    expect(read.sort()).toEqual(['10', '3'])
    await to.close()
  })

  it('logs nobody out while both are read: a session in either is found, changed and ended', async () => {
    const [from, to] = [memoryStore(), memoryStore()]
    const here = defineSession(v1, { store: from })
    const clients = await filled(here, ['1', '2'])
    const both = defineSession(v1, { store: dualReadStore({ from, to }) })
    const [first, second] = clients.map((client) => {
      const moved = createTestClient(both)
      moved.cookie = client.cookie
      return moved
    })
    expect((await first?.request((session) => session.get('uid')))?.value).toBe('1')
    await first?.request((session) => session.set('uid', '11'))
    await copyAll(here, { from, to })
    expect((await first?.request((session) => session.get('uid')))?.value).toBe('11')
    await second?.request((session) => session.destroy())
    await copyAll(here, { from, to })
    expect((await second?.request((session) => session.get('uid')))?.value).toBeUndefined()
  })
})
