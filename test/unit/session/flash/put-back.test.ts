import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { RequestSessions } from '../../../../src/edge/request-sessions.js'
import { defineSession, memoryStore } from '../../../../src/index.js'
import { createTestClient } from '../../../../src/testing/test-client.js'

const schema = z.object({ n: z.number().default(0) })
const flash = z.object({ notice: z.string(), errors: z.array(z.string()) })

describe('a response that becomes an error has delivered nothing (law 3)', () => {
  it('a flash that it took is there for the next one', async () => {
    const store = memoryStore()
    const client = createTestClient(defineSession(schema, { flash, store }))
    await client.request((session) => session.flash.set('notice', 'saved'))
    const { update } = store
    const failed = client.request(async (session) => {
      expect(await session.flash.take('notice')).toBe('saved')
      session.set('n', 1)
      let calls = 0
      store.update = (...args) => (calls++ === 0 ? Promise.reject(new Error('down')) : update(...args))
    })
    await expect(failed).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
    store.update = update
    await client.request(async (session) => {
      expect(await session.flash.take('notice')).toBe('saved')
      expect(session.get('n')).toBe(0)
    })
  })
})

describe('a response of which nothing has left has delivered nothing (law 3)', () => {
  const nowhere = { setHeader() {}, setDefault() {}, vary() {}, setCookie() {} }

  async function taking() {
    const store = memoryStore()
    const definition = defineSession(schema, { flash, store })
    const client = createTestClient(definition)
    await client.request((session) => session.flash.add('errors', 'e1'))
    const scope = new RequestSessions()
    const header = (name: string) => (name.toLowerCase() === 'cookie' ? client.cookie : undefined)
    const session = await scope.use(definition, { header })
    expect(await session.flash.take('errors')).toEqual(['e1'])
    session.set('n', 1)
    await scope.commit(200, nowhere)
    return { client, scope, store }
  }
  const expectOnce = (client: Awaited<ReturnType<typeof taking>>['client']) =>
    client.request(async (session) => {
      expect(await session.flash.take('errors')).toEqual(['e1'])
      expect(session.get('n')).toBe(1)
    })

  it('what it took waits again, once however often that is said, and what it changed stays', async () => {
    const { client, scope } = await taking()
    await Promise.all([scope.undeliver(), scope.undeliver()])
    await scope.undeliver()
    await expectOnce(client)
  })

  it('a list is not put back twice where the first attempt failed and was stored all the same', async () => {
    const { client, scope, store } = await taking()
    const { update, read } = store
    store.update = async (...args) => {
      await update(...args)
      throw new Error('lost on its way back')
    }
    store.read = () => Promise.reject(new Error('down'))
    await scope.undeliver()
    Object.assign(store, { update, read })
    await scope.undeliver()
    await expectOnce(client)
  })
})

describe('law 10 the cookie mirrors the store', () => {
  it('no cookie goes out for a session that ended after it got a new id', async () => {
    const store = memoryStore()
    const definition = defineSession(schema, { flash, store })
    const client = createTestClient(definition)
    await client.request((session) => session.set('n', 1))
    const { setCookies } = await client.request(async (session) => {
      await session.regenerate()
      await definition.destroyById(session.id ?? '')
      session.set('n', 2)
    })
    expect(setCookies).toEqual([])
  })
})
