import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { cbor } from '../../src/codec/cbor.js'
import { typeRegistry } from '../../src/core/type-registry.js'
import { defineSession } from '../../src/define.js'
import { csrfSeedOf, makeCsrfSeed } from '../../src/session/handle/csrf-seed.js'
import { memoryStore } from '../../src/stores/memory.js'
import type { SessionStore, StoredRecord, StoreKey } from '../../src/stores/port.js'
import { fakeClock } from '../../src/testing/fake-clock.js'
import { createTestClient } from '../../src/testing/test-client.js'
import { runs } from '../support/long.js'

// Two servers that differ in one thing: one holds what it has decoded, the other decodes every time. The same requests go to both,
// and the same befalls their stores; an app must see the same of both.

class Money {
  constructor(public cents: number) {}
}
const types = typeRegistry().register('Money', Money, {
  encode: ({ cents }) => cents,
  decode: (cents: unknown) => new Money(cents as number),
})
/** What the app's own code answers, which nobody else can know. */
let allowed = true

const schema = z.object({
  name: z.string().optional(),
  n: z.number().default(0),
  list: z.array(z.object({ at: z.date().optional(), text: z.string() })).default([]),
  when: z.date().optional(),
  price: z.instanceof(Money).optional(),
  tags: z.map(z.string(), z.set(z.string())).optional(),
  failure: z.any().optional(),
  guarded: z
    .string()
    .refine(() => allowed)
    .optional(),
  days: z
    .codec(z.string(), z.date(), { decode: (text) => new Date(text), encode: (day) => day.toISOString() })
    .optional(),
  bytes: z.instanceof(Uint8Array).optional(),
})
const flash = z.object({ note: z.string() })
const T0 = 1_700_000_000_000
const secrets = 'q8Zr1vXw5sYt9uBn3mKe7jHg2fDa6cLp4oIi0UyTtRr'

const variants = {
  plain: {},
  encrypted: { encrypt: true, secrets },
  'encrypted for its holder': { encrypt: { holder: true }, secrets },
  'plain for a while': { encrypt: { acceptPlain: new Date(T0 + 200_000) }, secrets },
  compressed: { compress: { above: 10 } },
  'of a subject': { subject: 'name' as const, maxPerSubject: 1 },
  'that throws on invalid values': { onInvalid: 'throw' as const },
  'that rotates ids': { rotateEvery: 90, rotateGrace: 30 },
}

type Variant = keyof typeof variants

/** One server with a browser. `seen` is all that an app, its hooks and its client learn. */
function server(variant: Variant, decodedCacheBytes: number) {
  const clock = fakeClock(T0)
  const held = memoryStore()
  const raw = new Map<StoreKey, StoredRecord>()
  let ids = 0
  const seen: unknown[] = []
  const tell = (hook: string) => (event: object) => {
    // Not `ref`, which is made of an id.
    const { keys, version, attempt, error } = event as Record<string, unknown>
    seen.push([hook, keys, version, attempt, (error as { code?: string } | undefined)?.code])
  }
  const hooks = Object.fromEntries(
    ['created', 'loaded', 'saved', 'conflict', 'gone', 'destroyed', 'expired', 'invalid', 'migrated'].map((hook) => [
      hook,
      tell(hook),
    ]),
  )
  const store: SessionStore = {
    ...held,
    read: async (key) => {
      const record = await held.read(key)
      if (record) raw.set(key, record)
      return record
    },
  }
  const common = {
    flash,
    store,
    clock,
    types,
    hooks,
    decodedCacheBytes,
    flashMaxAge: 150,
    idleTimeout: 300,
    maxAge: 900,
    autoCollect: false,
  } as const
  const options = {
    ...common,
    codec: cbor(),
    cookie: { secure: false },
    generateId: () => `${++ids}`.padStart(43, 'i'),
  } as const
  const definition = defineSession(schema, { ...options, ...variants[variant] })
  const client = createTestClient(definition)
  /** The same sessions as they were written before records were encrypted. */
  const older = createTestClient(defineSession(schema, options))
  return { client, older, clock, held, raw, seen }
}

type Server = ReturnType<typeof server>
type Handle = Parameters<Parameters<Server['client']['request']>[0]>[0]
type Step = (server: Server) => unknown

/** A request that looks at everything, and then does something. */
const request =
  (act: (session: Handle) => unknown, status = 200): Step =>
  async ({ client, seen }) => {
    try {
      await client.request(
        async (session) => {
          const { createdAt, expiresAt, isNew } = session
          seen.push({
            data: session.data,
            has: session.has('list'),
            createdAt,
            expiresAt,
            isNew,
            note: session.flash.peek('note'),
            seed: csrfSeedOf(session)?.length,
          })
          seen.push(await act(session))
        },
        { status },
      )
    } catch (error) {
      seen.push((error as { code?: string }).code ?? error)
    }
    seen.push(client.cookie)
  }

/** Something happens to what is stored, without a new revision: a fault of the store, or somebody who writes to it. */
const tamper =
  (change: (bytes: Uint8Array, others: readonly Uint8Array[]) => Uint8Array): Step =>
  async ({ held, raw }) => {
    const others = [...raw.values()].map(({ bytes }) => bytes)
    for await (const { key, record } of held.scan('session:h1.')) {
      await held.destroy(key)
      await held.create(key, { ...record, bytes: change(record.bytes, others) })
    }
  }

/** A request that a server answers which does not encrypt yet. */
async function toOlder({ client, older }: Server): Promise<void> {
  older.cookie = client.cookie
  await older.request((session) => session.set('name', 'before encryption')).catch(() => undefined)
  client.cookie = older.cookie
}

const text = fc.string({ maxLength: 40 })
const steps = fc.oneof(
  { weight: 6, arbitrary: fc.constant(request(() => undefined)) },
  { weight: 3, arbitrary: text.map((name) => request((s) => s.set('name', name))) },
  { weight: 3, arbitrary: fc.constant(request((s) => s.update('n', (n) => n + 1))) },
  text.map((value) => request((s) => s.update('list', (list) => [...list, { text: value, at: new Date(T0) }]))),
  fc.constant(request((s) => s.set('when', new Date(T0 + 5)))),
  // What the app has is its own to change, and no other request's.
  fc.constant(request((s) => s.get('when')?.setFullYear(1999))),
  fc.constant(request((s) => s.set('price', new Money(5)))),
  fc.constant(request((s) => s.get('price') && Object.assign(s.get('price') as Money, { cents: 0 }))),
  fc.constant(request((s) => s.set('tags', new Map([['a', new Set(['b'])]])))),
  fc.constant(request((s) => (s.get('tags') as Map<string, Set<string>> | undefined)?.get('a')?.clear())),
  fc.constant(request((s) => s.set('failure', new RangeError('first')))),
  fc.constant(request((s) => s.has('failure') && Object.assign(s.get('failure') as Error, { message: 'changed' }))),
  fc.constant(request((s) => s.set('guarded', 'x'))),
  fc.constant(request((s) => s.set('days', new Date(T0)))),
  fc.constant(request((s) => s.get('days')?.setFullYear(1999))),
  fc.constant(request((s) => s.set('bytes', new Uint8Array([1, 2, 3])))),
  fc.constant(request((s) => s.get('bytes')?.fill(9))),
  text.map((note) => request((s) => s.flash.set('note', note))),
  fc.constant(request((s) => s.flash.take('note'))),
  fc.constant(request((s) => s.update('n', (n) => n + 1), 500)),
  { weight: 2, arbitrary: fc.constant(request((s) => makeCsrfSeed(s) === csrfSeedOf(s))) },
  fc.constant(request((s) => s.regenerate())),
  fc.constant(request((s) => s.remember(600))),
  fc.constant(request((s) => s.destroy())),
  fc.constant(request((s) => s.clear())),
  fc.integer({ min: 1, max: 120 }).map(
    (seconds): Step =>
      ({ clock }) =>
        clock.advance(seconds),
  ),
  fc.boolean().map(
    (value): Step =>
      () => {
        allowed = value
      },
  ),
  fc.constant(toOlder),
  fc.nat(400).map((at) => tamper((bytes) => bytes.map((byte, i) => (i === at % bytes.length ? byte ^ 1 : byte)))),
  fc.nat(5).map((at) => tamper((bytes, others) => others[at % Math.max(1, others.length)] ?? bytes)),
  fc.nat(400).map((at) => tamper((bytes) => bytes.slice(0, at % bytes.length))),
)

const look = request(() => undefined)
const looks = [look, look, look]
const wait =
  (seconds: number): Step =>
  ({ clock }) =>
    clock.advance(seconds)
const allow =
  (value: boolean): Step =>
  () => {
    allowed = value
  }

/** What is not in the bytes, or must be told each time that they are read. */
const askedAnew: Record<string, readonly Step[]> = {
  'a refinement that looks elsewhere': [request((s) => s.set('guarded', 'x')), ...looks, allow(false), ...looks],
  'a value that does not fit is reported each time': [
    request((s) => s.assign({ guarded: 'x', n: 1 })),
    allow(false),
    ...looks,
    allow(true),
    ...looks,
  ],
  'a flash that waits too long': [request((s) => s.flash.set('note', 'n')), ...looks, wait(160), ...looks],
  'a flash that is written with data': [
    request((s) => s.set('name', 'n')),
    ...looks,
    request((s) => s.flash.set('note', 'n')),
    wait(160),
    ...looks,
  ],
  'records in clear, until they are refused': [toOlder, ...looks, wait(210), ...looks],
  'an idle deadline': [request((s) => s.set('name', 'n')), ...looks, wait(301), ...looks],
  'an absolute deadline': [
    request((s) => s.set('name', 'n')),
    ...Array.from({ length: 5 }, () => [wait(200), ...looks]).flat(),
  ],
  'an Error that one request changes': [
    request((s) => s.set('failure', new RangeError('first'))),
    ...looks,
    request((s) => Object.assign(s.get('failure') as Error, { message: 'changed' })),
    ...looks,
  ],
  'a Date in a codec that one request changes': [
    request((s) => s.assign({ days: new Date(T0), when: new Date(T0) })),
    ...looks,
    request((s) => [s.get('days')?.setFullYear(1999), s.get('when')?.setFullYear(1999)]),
    ...looks,
  ],
  'an id that is given anew': [request((s) => s.set('name', 'n')), ...looks, request((s) => s.regenerate()), ...looks],
  'bytes that change under one revision': [
    request((s) => s.set('name', 'abcdefgh')),
    ...looks,
    tamper((bytes) => bytes.map((byte, i) => (i === bytes.length - 2 ? byte ^ 1 : byte))),
    ...looks,
  ],
}

async function expectTheSame(variant: Variant, all: readonly Step[]): Promise<void> {
  const both = [server(variant, 0), server(variant, 16_777_216)] as const
  for (const each of both) {
    allowed = true
    for (const step of all) await step(each)
  }
  expect(both[1].seen).toEqual(both[0].seen)
}

describe.each(Object.keys(variants) as Variant[])(
  'sessions %s: an app sees the same with and without what was decoded before',
  (variant) => {
    it.each(Object.entries(askedAnew))('%s', (_, all) => expectTheSame(variant, all))

    it('whatever requests do, and whatever befalls the store', async () => {
      const between = fc.integer({ min: 0, max: 3 }).map((times) => looks.slice(0, times))
      const some = fc.array(fc.tuple(steps, between), { maxLength: 15, size: 'max' })
      await fc.assert(
        fc.asyncProperty(some, (all) =>
          expectTheSame(
            variant,
            all.flatMap(([step, then]) => [step, ...then]),
          ),
        ),
        { numRuns: runs(200) },
      )
    })
  },
)
