import * as h3v1 from 'h3'
import * as h3v2 from 'h3-v2'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { installSessions, useReadonlySession, useSession } from '../../../src/h3/index.js'
import { defineSession, memoryStore, type SessionDefinition } from '../../../src/index.js'
import { createTestClient } from '../../../src/testing/test-client.js'

const schema = z.object({ userId: z.number().optional() })

/** One app of each major over the same definitions: set, look, and end by the raw id. */
function appsOf(definition: SessionDefinition<typeof schema>) {
  const handlers = {
    '/set': async (event: h3v1.H3Event | h3v2.H3Event) => {
      const session = await useSession(event, definition)
      const before = session.isNew
      session.set('userId', 123)
      await session.save()
      return { before, after: session.isNew, id: session.id }
    },
    '/get': async (event: h3v1.H3Event | h3v2.H3Event) => ({
      userId: (await useSession(event, definition)).get('userId') ?? null,
    }),
    '/clear': async (event: h3v1.H3Event | h3v2.H3Event) => {
      ;(await useSession(event, definition)).delete('userId')
      return {}
    },
  }
  const one = h3v1.createApp()
  installSessions(one)
  const router = h3v1.createRouter()
  for (const [path, handler] of Object.entries(handlers)) router.get(path, h3v1.eventHandler(handler))
  one.use(router)
  const answerV1 = h3v1.toWebHandler(one)

  const two = new h3v2.H3({ silent: true })
  installSessions(two)
  for (const [path, handler] of Object.entries(handlers)) two.get(path, handler)

  const ask = async (answer: (request: Request) => Response | Promise<Response>, path: string, cookie?: string) => {
    const response = await answer(new Request(`http://localhost${path}`, cookie ? { headers: { cookie } } : {}))
    const text = await response.text()
    return {
      status: response.status,
      body: JSON.parse(text) as Record<string, unknown>,
      cookie: response.headers.getSetCookie()[0]?.split(';')[0],
    }
  }
  return {
    v1: (path: string, cookie?: string) => ask(answerV1, path, cookie),
    v2: (path: string, cookie?: string) => ask((request) => two.request(request), path, cookie),
  }
}

describe('attaching a session to a request', () => {
  it('M001 works with no configuration: a schema is all', async () => {
    const client = createTestClient(defineSession(schema))
    await client.request((session) => session.set('userId', 123))
    expect((await client.request((session) => session.get('userId'))).value).toBe(123)
  })

  it('M002 M003 M005 M113 one definition serves h3 1 and h3 2, which share their sessions', async () => {
    const { v1, v2 } = appsOf(defineSession(schema, { store: memoryStore() }))
    for (const [first, second] of [
      [v1, v2],
      [v2, v1],
    ] as const) {
      const { cookie } = await first('/set')
      expect((await second('/get', cookie)).body).toEqual({ userId: 123 })
      await second('/clear', cookie)
      expect((await first('/get', cookie)).body).toEqual({ userId: null })
    }
  })

  it('M009 M010 id and isNew: new and without an id until it is first stored', async () => {
    const definition = defineSession(schema, { store: memoryStore() })
    const { v2 } = appsOf(definition)
    const { body, cookie } = await v2('/set')
    expect(body).toMatchObject({ before: true, after: false })
    expect(cookie).toBe(`session=${body['id'] as string}`)
    const client = createTestClient(definition)
    await client.request((session) => {
      expect([session.id, session.ref, session.isNew]).toEqual([undefined, undefined, true])
    })
  })

  it('M004 M014 several definitions are apart: name, cookie, records and store are each their own', async () => {
    const store = memoryStore()
    const [shop, admin] = [
      defineSession(schema, { name: 'shop', store }),
      defineSession(schema, { name: 'admin', store }),
    ]
    const [inShop, inAdmin] = [createTestClient(shop), createTestClient(admin)]
    await inShop.request((session) => session.set('userId', 1))
    await inAdmin.request((session) => session.set('userId', 2))
    expect(inShop.cookie).toMatch(/^shop=/)
    expect(inAdmin.cookie).toMatch(/^admin=/)
    expect([shop.name, shop.options.store]).toEqual(['shop', store])
    // A cookie carried over under the other name opens nothing.
    const stolen = inShop.cookie.replace('shop=', 'admin=')
    expect((await inAdmin.request((s) => s.get('userId'), { cookie: stolen })).value).toBeUndefined()
    expect(await shop.destroyAll()).toBe(1)
    expect((await inAdmin.request((s) => s.get('userId'))).value).toBe(2)
  })

  it('M006 what the store can do is there without a request', async () => {
    const definition = defineSession(schema, { store: memoryStore(), subject: 'userId' })
    const client = createTestClient(definition)
    await client.request((session) => session.set('userId', 7))
    expect(await definition.subjects.list(7)).toHaveLength(1)
    expect(await definition.collectGarbage()).toBe(0)
    expect(await definition.destroyAll()).toBe(1)
    await definition.close()
  })

  it('M118 whatever the cookie holds, a session comes back and the page is served', async () => {
    const definition = defineSession(schema, { store: memoryStore() })
    const { v1, v2 } = appsOf(definition)
    for (const value of ['', '%', 'x', 'a'.repeat(43), '../../etc/passwd', '"', 'a=b', '\u00ff', 'x'.repeat(9000)]) {
      for (const ask of [v1, v2])
        expect(await ask('/get', `session=${value}`)).toMatchObject({ status: 200, body: { userId: null } })
    }
  })

  it('M118 nothing of one request is left for the next: no session outlives its event', async () => {
    const definition = defineSession(schema, { store: memoryStore() })
    const app = new h3v2.H3({ silent: true })
    installSessions(app)
    const seen: unknown[] = []
    app.get('/', async (event) => {
      const session = await useSession(event, definition)
      expect(await useSession(event, definition)).toBe(session)
      expect((await useReadonlySession(event, definition)).isNew).toBe(true)
      seen.push(session)
      return ''
    })
    for (let i = 0; i < 2; i++) await app.request('/')
    expect(seen[0]).not.toBe(seen[1])
  })
})
