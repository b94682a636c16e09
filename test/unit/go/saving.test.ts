import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { RequestSessions } from '../../../src/edge/request-sessions.js'
import { defineSession, memoryStore, SessionError, StoreError } from '../../../src/index.js'
import { createTestClient } from '../../../src/testing/test-client.js'
import { cookieOf, edges, signal, useSession } from '../../http/harness.js'
import { countingStore } from '../../support/counting-store.js'

const schema = z.object({ a: z.number().optional(), b: z.number().optional() })
const nowhere = { setHeader() {}, setDefault() {}, vary() {}, setCookie() {} }

function setUp() {
  const { store, calls } = countingStore(memoryStore())
  const definition = defineSession(schema, { store })
  return { calls, definition, client: createTestClient(definition) }
}

describe('saving and errors', () => {
  it('M078 everything is stored once, after the handler; unchanged means no write', async () => {
    const { calls, client } = setUp()
    await client.request((s) => {
      s.set('a', 1)
      s.set('b', 2)
      expect(calls).toEqual([])
    })
    await client.request((s) => s.set('a', 1))
    await client.request((s) => {
      s.set('a', 5)
      s.set('a', 1)
    })
    expect(calls).toEqual(['create', 'read', 'read'])
  })

  it('M079 save stores at once, and a response that fails afterwards does not take it back', async () => {
    const { client } = setUp()
    await client.request(
      async (s) => {
        s.set('a', 1)
        await s.save()
        s.set('b', 2)
      },
      { status: 500 },
    )
    expect((await client.request((s) => s.data)).value).toEqual({ a: 1 })
  })

  it('M080 M117 two sessions of one request are saved with one commit', async () => {
    const [one, two] = [defineSession(schema, { name: 'one' }), defineSession(schema, { name: 'two' })]
    const scope = new RequestSessions()
    const request = { header: () => undefined }
    ;(await scope.use(one, request)).set('a', 1)
    ;(await scope.use(two, request)).set('a', 42)
    const cookies: string[] = []
    await scope.commit(200, { ...nowhere, setCookie: (name) => void cookies.push(name) })
    expect(cookies.toSorted()).toEqual(['one', 'two'])
  })

  it('D8 G3 parallel requests lose nothing, and none brings a session back after its logout', async () => {
    const { client } = setUp()
    await client.request((s) => s.set('a', 0))
    const { cookie } = client
    await Promise.all([
      client.request((s) => s.set('a', 1), { cookie }),
      client.request((s) => s.set('b', 2), { cookie }),
    ])
    expect((await client.request((s) => s.data, { cookie })).value).toEqual({ a: 1, b: 2 })
    await client.request(
      async (slow) => {
        await client.request((s) => s.destroy(), { cookie })
        slow.set('a', 3)
      },
      { cookie },
    )
    expect((await client.request((s) => s.isNew, { cookie })).value).toBe(true)
  })

  it.each(edges.filter(({ name }) => name.includes('over node')))(
    'M082 what the handler did is stored although the client has gone: $name',
    async (edge) => {
      const definition = defineSession(schema, { store: memoryStore() })
      const [arrived, gone] = [signal(), signal()]
      const site = await edge.serve({
        '/set': async (event) => ((await useSession(event, definition)).set('a', 1), 'ok'),
        '/slow': async (event) => {
          const session = await useSession(event, definition)
          arrived.done()
          await gone.promise
          session.set('a', 2)
          return 'nobody reads this'
        },
      })
      try {
        const cookie = cookieOf(await site.get('/set'))
        const leaving = new AbortController()
        const request = site.get('/slow', cookie, { signal: leaving.signal }).catch(() => 'aborted')
        await arrived.promise
        leaving.abort()
        expect(await request).toBe('aborted')
        gone.done()
        const client = createTestClient(definition)
        await expect.poll(async () => (await client.request((s) => s.get('a'), { cookie })).value).toBe(2)
      } finally {
        await site.close()
      }
    },
  )

  it('M083 every store call has a time limit, and is answered with 503 then', async () => {
    const store = { ...memoryStore(), read: () => new Promise<never>(() => {}) }
    const client = createTestClient(defineSession(schema, { store, storeTimeout: 20 }))
    await expect(client.request((s) => s.data, { cookie: `session=${'a'.repeat(43)}` })).rejects.toMatchObject({
      code: 'ERR_SESSION_STORE_TIMEOUT',
      status: 503,
    })
  })

  it('M084 errors have a class, a code, a status and a cause', async () => {
    const cause = new Error('connection refused')
    const store = { ...memoryStore(), create: () => Promise.reject(cause), read: () => Promise.reject(cause) }
    const error: unknown = await createTestClient(defineSession(schema, { store }))
      .request((s) => s.set('a', 1))
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(StoreError)
    expect(error).toBeInstanceOf(SessionError)
    expect(error).toMatchObject({ code: 'ERR_SESSION_STORE', status: 503, statusCode: 503, cause })
  })
})
