import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession, generateSecret, headerTransport, memoryStore } from '../../../../src/index.js'
import type { SessionStore } from '../../../../src/stores/port.js'
import { sqliteStore } from '../../../../src/stores/sqlite.js'
import { createTestClient } from '../../../../src/testing/test-client.js'
import { countingStore } from '../../../support/counting-store.js'

const schema = z.object({ user: z.string().optional() })
/** Has the form of an id. */
const token = () => generateSecret()

let folder: string
let files = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zession-ids-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** A store without `move`: a new id takes two calls. */
function withoutMove(): SessionStore {
  const { guarantees, read, create, update, touch, destroy } = memoryStore()
  return { guarantees, read, create, update, touch, destroy }
}

const stores: readonly { readonly kind: string; readonly make: () => SessionStore }[] = [
  { kind: 'memory', make: () => memoryStore() },
  { kind: 'no move', make: withoutMove },
  { kind: 'sqlite', make: () => sqliteStore({ url: `file:${join(folder, `${files++}.db`)}` }) },
]

type Client = ReturnType<typeof createTestClient<typeof schema, undefined>>
const userOf = async (client: Client, cookie = client.cookie) =>
  (await client.request((session) => session.get('user'), { cookie })).value

describe.each(stores)('M017 an id that is taken is not used, $kind store', ({ make }) => {
  function setUp(ids: string[]) {
    const definition = defineSession(schema, { store: make(), generateId: () => ids.shift() ?? token() })
    const client = async (user: string) => {
      const made = createTestClient(definition)
      await made.request((session) => session.set('user', user))
      return made
    }
    return { definition, client }
  }

  it('by a new session', async () => {
    const taken = token()
    const { client, definition } = setUp([taken, taken])
    const [ann, bob] = [await client('ann'), await client('bob')]
    expect([await userOf(ann), await userOf(bob)]).toEqual(['ann', 'bob'])
    expect(bob.cookie).not.toBe(ann.cookie)
    await definition.close()
  })

  it.each(['regenerate', 'rotate'] as const)('by %s, which loses nothing', async (how) => {
    const taken = token()
    const { client, definition } = setUp([taken, token(), taken, taken])
    const [ann, bob] = [await client('ann'), await client('bob')]
    const { cookie } = bob
    await bob.request((session) => session[how]())
    expect([await userOf(ann), await userOf(bob)]).toEqual(['ann', 'bob'])
    expect(await userOf(createTestClient(definition), cookie)).toBeUndefined()
    await definition.close()
  })

  it('D1 by a regenerate that is given the old id again', async () => {
    const own = token()
    const { client, definition } = setUp([own, own])
    const ann = await client('ann')
    const { cookie } = ann
    await ann.request((session) => session.regenerate())
    expect(ann.cookie).not.toBe(cookie)
    expect(await userOf(ann)).toBe('ann')
    await definition.close()
  })
})

describe('generated ids (M015, M016)', () => {
  it('have 43 characters', async () => {
    const client = createTestClient(defineSession(schema, { store: memoryStore() }))
    await client.request((session) => session.set('user', 'ann'))
    expect(client.cookie.slice('session='.length)).toHaveLength(43)
    expect(await userOf(client)).toBe('ann')
  })

  it.each(['', 'short', 'a'.repeat(21), 'a'.repeat(257), `${'x'.repeat(40)};`, `${'x'.repeat(30)} y`, 7, undefined])(
    'generateId giving %j is an error in the configuration and stores nothing',
    async (bad) => {
      const store = memoryStore()
      const client = createTestClient(defineSession(schema, { store, generateId: () => bad as never }))
      const written = client.request((session) => session.set('user', 'ann'))
      await expect(written).rejects.toMatchObject({ code: 'ERR_SESSION_CONFIG' })
      expect([store.size, client.cookie]).toEqual([0, ''])
    },
  )
})

describe('several cookies of one name (C-9, K1)', () => {
  it('values that cannot be ids do not use up the tries that reach the store', async () => {
    const { store, calls } = countingStore(memoryStore())
    const client = createTestClient(defineSession(schema, { store }))
    await client.request((session) => session.set('user', 'ann'))
    const { cookie } = client
    for (const garbage of ['session=a; session=b; session=c', 'session=; session="a"; session=%00; session=x']) {
      calls.length = 0
      expect(await userOf(client, `${garbage}; ${cookie}`), garbage).toBe('ann')
      expect(calls).toEqual(['read'])
    }
  })

  it('nor do forged signatures', async () => {
    const { store, calls } = countingStore(memoryStore())
    const client = createTestClient(defineSession(schema, { store, secrets: generateSecret(), signIds: true }))
    await client.request((session) => session.set('user', 'ann'))
    const { cookie } = client
    calls.length = 0
    const forged = [token(), token(), `${token()}.${token().slice(0, 22)}`].map((value) => `session=${value}`)
    expect(await userOf(client, `${forged.join('; ')}; ${cookie}`)).toBe('ann')
    expect(calls).toEqual(['read'])
  })
})

describe('headerTransport (M007, M008)', () => {
  it('tells a new id once, and the end of the session though a fresh one is looked at', async () => {
    const definition = defineSession(schema, { store: memoryStore(), transport: headerTransport('x-sid') })
    const client = createTestClient(definition)
    const request = async (id: string, run: Parameters<typeof client.request>[0]) => {
      const { headers, setCookies } = await client.request(run, { headers: { 'x-sid': id } })
      expect(setCookies).toEqual([])
      return headers['x-sid']
    }
    const first = await request('', (session) => session.set('user', 'ann'))
    expect(first).toHaveLength(43)
    expect(await request(first ?? '', (session) => expect(session.get('user')).toBe('ann'))).toBeUndefined()
    const second = await request(first ?? '', (session) => session.regenerate())
    expect(second).toHaveLength(43)
    expect(second).not.toBe(first)
    const third = await request(second ?? '', async (session, reopen) => {
      await session.destroy()
      expect((await reopen()).get('user')).toBeUndefined()
    })
    expect(third).toBe('')
    await request(second ?? '', (session) => expect(session.isNew).toBe(true))
  })
})
