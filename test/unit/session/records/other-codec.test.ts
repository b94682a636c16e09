import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { registry } from '../../../../src/codec/registry.js'
import { superjson } from '../../../../src/codec/superjson.js'
import { type Codec, cbor, defineSession, json, memoryStore } from '../../../../src/index.js'
import { migrateAll, recodeAll } from '../../../../src/migrate/index.js'
import { createTestClient } from '../../../../src/testing/test-client.js'

const before = z.object({
  user: z.string(),
  hits: z.number(),
  prefs: z.object({ lang: z.string() }),
  list: z.looseObject({}),
})
const after = z.object({
  user: z.string(),
  hits: z.number(),
  theme: z.string(),
  seenAt: z.date(),
  tags: z.set(z.string()),
  prefs: z.object({ lang: z.string(), size: z.number().optional() }),
  list: z.looseObject({ known: z.string().optional() }),
})
const flashBefore = z.object({ note: z.string() })
const flashAfter = z.object({ note: z.string(), alert: z.object({ at: z.date() }) })

/** A codec that anybody may write: it refuses nothing. */
const plain: Codec = {
  name: 'plain',
  bind: () => ({
    encode: (value) => new TextEncoder().encode(JSON.stringify(value)),
    decode: (bytes) => JSON.parse(new TextDecoder().decode(bytes)) as unknown,
  }),
}

describe.each([
  ['json', json()],
  ['superjson', superjson()],
  ['registry', registry()],
  ['plain', plain],
])('code that writes %s and does not know all that cbor() has stored', (name, codec) => {
  const whole = {
    theme: 'dark',
    seenAt: new Date(1e12),
    tags: new Set(['a']),
    prefs: { lang: 'en', size: 12 },
    list: { known: 'yes' },
  }

  async function rolledBack(set: (keys: typeof whole) => Partial<typeof whole>) {
    const store = memoryStore()
    const newer = createTestClient(defineSession(after, { store, flash: flashAfter, codec: [cbor(), codec] }))
    const older = defineSession(before, { store, flash: flashBefore, codec: [codec, cbor()] })
    await newer.request((session) => {
      session.set('user', 'ann')
      for (const [key, value] of Object.entries(set(whole))) session.set(key as 'theme', value as never)
      session.flash.set('alert', { at: new Date(5) })
    })
    const old = createTestClient(older)
    old.cookie = newer.cookie
    await old.request((session) => session.set('hits', 7))
    return { older, newer, read: () => newer.request(({ data }) => data) }
  }

  it('carries keys, names inside of objects, values of other types and flash channels, and newer code reads them', async () => {
    const { newer, read } = await rolledBack((keys) => keys)
    expect((await read()).value).toEqual({ ...whole, user: 'ann', hits: 7 })
    expect((await newer.request((session) => session.flash.take('alert'))).value).toEqual({ at: new Date(5) })
    await newer.request((session) => session.set('theme', 'light'))
    expect((await read()).value).toMatchObject({ theme: 'light', prefs: whole.prefs })
  })

  it.each(Object.keys(whole))('%s alone', async (key) => {
    const { read } = await rolledBack((keys) => ({ [key]: keys[key as 'theme'] }))
    expect((await read()).value).toMatchObject({ [key]: whole[key as 'theme'], hits: 7 })
  })

  it('counts such a record as failed when it is recoded, and leaves it', async () => {
    const { older, read } = await rolledBack(({ theme }) => ({ theme }))
    const report = await recodeAll(older)
    expect(report).toMatchObject({ rewritten: 0, failed: 1, failures: [{ code: 'ERR_SESSION_CODEC' }] })
    expect(await migrateAll(older, { all: true })).toMatchObject({ codecs: { cbor: 1 }, rewritten: 1, failed: 0 })
    expect((await read()).value).toMatchObject({ theme: 'dark' })
  })

  it('is recoded to cbor(), which carries all that another codec does', async () => {
    const store = memoryStore()
    const client = createTestClient(defineSession(z.object({ gone: z.string() }), { store, codec }))
    await client.request((session) => session.set('gone', 'kept'))
    const now = defineSession(before, { store, codec: [cbor(), codec] })
    expect(await recodeAll(now)).toMatchObject({ rewritten: 1, failed: 0 })
    expect(await recodeAll(now)).toMatchObject({ current: 1, codecs: { cbor: 1 } })
  })

  it('writes its own codec where nothing unknown is in the record', async () => {
    const store = memoryStore()
    const client = createTestClient(defineSession(before, { store, codec: cbor() }))
    await client.request((session) => session.set('user', 'ann'))
    const now = defineSession(before, { store, codec: [codec, cbor()] })
    const next = createTestClient(now)
    next.cookie = client.cookie
    await next.request((session) => session.set('hits', 1))
    expect(await migrateAll(now)).toMatchObject({ codecs: { [name]: 1 } })
  })
})
