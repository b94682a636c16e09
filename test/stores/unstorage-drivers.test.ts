import { inspect } from 'node:util'
import { createStorage, type Driver } from 'unstorage'
import memoryDriver from 'unstorage/drivers/memory'
import { describe, expect, it } from 'vitest'
import { createSettledStore } from '../../src/session/store/settled-store.js'
import type { Revision, StoredRecord, StoreKey } from '../../src/stores/port.js'
import { unstorageStore } from '../../src/stores/unstorage.js'

const key = (text: string) => text as StoreKey
const revision = (text: string) => text as Revision
const record = (text: string): StoredRecord => ({ bytes: Buffer.from(text), revision: revision(text), expiresAt: 9e12 })

function storeOn(changes: object) {
  const driver = { ...memoryDriver(), ...changes } as unknown as Driver
  return unstorageStore({ storage: createStorage({ driver }) })
}

const thrownValues: readonly [string, () => unknown][] = [
  ['an error', () => new Error('down')],
  ['a text', () => 'down with secret-key'],
  ['undefined', () => undefined],
  ['null', () => null],
  ['a number', () => 503],
  ['an object', () => ({ status: 503, body: 'secret-key' })],
]

describe('unstorageStore says in a sentence with a stable code what a driver did wrong', () => {
  describe.each([
    [
      'at once',
      (value: unknown) => () => {
        throw value
      },
    ],
    ['later', (value: unknown) => () => Promise.reject(value)],
  ])('a driver that throws %s', (_, failing) => {
    it.each(thrownValues)('%s', async (what, value) => {
      for (const method of ['getItem', 'setItem', 'removeItem', 'getKeys']) {
        const plain = memoryDriver() as unknown as Record<string, unknown>
        const changes: Record<string, unknown> = { ...plain }
        const store = storeOn(changes)
        await store.create(key('secret-key'), record('one'))
        const broken = storeOn({ ...changes, [method]: failing(value()) })
        const backend = createSettledStore(broken, 'session', 1000)
        const call = {
          getItem: () => backend.read(key('secret-key')),
          setItem: () => backend.create(key('other'), record('two')),
          removeItem: () => backend.destroy(key('secret-key')),
          getKeys: () => backend.collectGarbage(1, 1),
        }[method]
        const error = await call?.().then(
          (answer) => `answered ${inspect(answer)}`,
          (thrown: unknown) => thrown,
        )
        expect(error, method).toMatchObject({
          code: 'ERR_SESSION_STORE',
          message: expect.stringMatching(what === 'an error' ? /failed on `/ : /driver of the storage threw \w/),
        })
        expect(inspect(error, { depth: 8 })).not.toContain('secret-key')
      }
    })
  })

  const wrongItems: readonly [string, unknown][] = [
    ['a text', 'nonsense'],
    ['an empty text', ''],
    ['a number', 5],
    ['true', true],
    ['a Buffer', Buffer.from('nonsense')],
    ['a list', [1]],
    ['an empty object', {}],
    ['an object of methods', { json: () => ({}) }],
    ['a Map', new Map()],
  ]
  it.each(wrongItems)('a driver that answers %s for a record: it is damaged, never taken for none', async (_, item) => {
    const store = storeOn({ getItem: () => item })
    expect(await store.read(key('a'))).toMatchObject({ bytes: new Uint8Array() })
    expect(await store.create(key('a'), record('new'))).toBe('exists')
    expect(await store.update(key('a'), record('new'), revision('old'))).toBe('conflict')
  })

  it.each([
    ['a Buffer', (text: string) => Buffer.from(text)],
    ['a Uint8Array', (text: string) => new TextEncoder().encode(text)],
    ['an object', (text: string) => JSON.parse(text) as unknown],
  ])('a driver that answers %s in place of the text it was given still keeps sessions', async (_, form) => {
    const kept = new Map<string, string>()
    const store = storeOn({
      getItem: (place: string) => (kept.has(place) ? form(kept.get(place) ?? '') : null),
      setItem: (place: string, value: string) => void kept.set(place, value),
    })
    expect(await store.create(key('a'), record('one'))).toBe('ok')
    expect(await store.read(key('a'))).toMatchObject({ revision: 'one' })
    expect(await store.update(key('a'), record('two'), revision('one'))).toBe('ok')
  })

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['an object', {}],
    ['a text', 'sessions'],
    ['numbers', [1, null]],
  ])('a driver that answers %s for its keys', async (_, keys) => {
    const backend = createSettledStore(storeOn({ getKeys: () => keys }), 'session', 1000)
    const error = await backend.collectGarbage(1, 1).then(
      (n) => n,
      (thrown: unknown) => thrown,
    )
    if (error !== 0)
      expect(error).toMatchObject({ code: 'ERR_SESSION_STORE', message: expect.stringContaining('collectGarbage') })
  })

  it.each(['setItem does nothing', 'no setItem', 'setItem cuts it'])('a driver that loses a write: %s', async (how) => {
    const plain = memoryDriver()
    const setItem = {
      'setItem does nothing': () => undefined,
      'no setItem': undefined,
      'setItem cuts it': (place: string, value: string) => plain.setItem?.(place, value.slice(0, 20), {}),
    }[how]
    const store = unstorageStore({ storage: createStorage({ driver: { ...plain, setItem } as unknown as Driver }) })
    await expect(store.create(key('a'), record('one'))).rejects.toMatchObject({
      code: 'ERR_SESSION_STORE',
      message: expect.stringContaining('does not hold'),
    })
  })

  it('a driver that hangs: the call ends in its time, and so do those that wait for the same record', async () => {
    const backend = createSettledStore(storeOn({ getItem: () => new Promise(() => undefined) }), 'session', 200)
    const calls = [backend.read(key('a')), backend.read(key('a')), backend.create(key('b'), record('b'))]
    for (const outcome of await Promise.allSettled(calls)) {
      expect(outcome).toMatchObject({ reason: { code: 'ERR_SESSION_STORE_TIMEOUT' } })
    }
  })
})
