import diagnosticsChannel from 'node:diagnostics_channel'
import { afterEach, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { RequestSessions } from '../../../../src/edge/request-sessions.js'
import { defineSession, memoryStore, requireRecent } from '../../../../src/index.js'
import { fakeClock } from '../../../../src/testing/fake-clock.js'
import { createTestClient } from '../../../../src/testing/test-client.js'
import { countingStore } from '../../../support/counting-store.js'

const schema = z.object({ n: z.number().default(0) })
const nowhere = { setHeader() {}, setDefault() {}, vary() {}, setCookie() {} }
const anonymous = { header: () => undefined }

describe('the diagnostics channel `zession`', () => {
  const heard: unknown[] = []
  const listener = (message: unknown) => void heard.push(message)
  afterEach(() => {
    diagnosticsChannel.unsubscribe('zession', listener)
    heard.length = 0
  })

  it('hears every event of every definition, with the same ref and no id', async () => {
    diagnosticsChannel.subscribe('zession', listener)
    const definition = defineSession(schema, { name: 'shop', store: memoryStore() })
    const client = createTestClient(definition)
    const { value: ref } = await client.request(async (session) => {
      session.set('n', 1)
      await session.save()
      return session.ref
    })
    await client.request((session) => session.destroy())
    expect(heard).toEqual(['created', 'saved', 'loaded', 'destroyed'].map((hook) => ({ hook, session: 'shop', ref })))
    expect(JSON.stringify(heard)).not.toContain(client.cookie.slice(-20) || 'none')
  })
})

describe('several sessions of one request (M011, M080, M081)', () => {
  const failing = (message: string) =>
    defineSession(schema, {
      name: message,
      store: countingStore(memoryStore(), (call) =>
        call === 'create' ? Promise.reject(new Error(message)) : undefined,
      ).store,
    })

  it('are all committed; one failure is thrown as it is', async () => {
    const good = defineSession(schema, { name: 'good', store: memoryStore() })
    const scope = new RequestSessions()
    for (const definition of [failing('bad'), good]) (await scope.use(definition, anonymous)).set('n', 1)
    const cookies: string[] = []
    await expect(scope.commit(200, { ...nowhere, setCookie: (name) => void cookies.push(name) })).rejects.toMatchObject(
      {
        code: 'ERR_SESSION_STORE',
      },
    )
    expect(cookies).toEqual(['good'])
  })

  it('several failures are thrown together', async () => {
    const scope = new RequestSessions()
    for (const definition of [failing('one'), failing('two')]) (await scope.use(definition, anonymous)).set('n', 1)
    await expect(scope.commit(200, nowhere)).rejects.toMatchObject({
      code: 'ERR_SESSION_SEVERAL',
      status: 503,
      errors: [{ cause: { message: 'one' } }, { cause: { message: 'two' } }],
    })
  })
})

describe('requireRecent (ASVS 7.5.1)', () => {
  it('passes soon after a login and asks for a new one later; rotate does not help, regenerate does', async () => {
    const clock = fakeClock()
    const client = createTestClient(defineSession(schema, { clock, store: memoryStore() }))
    await client.request((session) => {
      expect(() => requireRecent(session, 300), 'a new session is nobody’s login').toThrow()
      session.set('n', 1)
    })
    await client.request((session) => requireRecent(session, 300))
    clock.advance(301)
    await client.request(async (session) => {
      expect(session.age).toBe(301)
      expect(() => requireRecent(session, 300)).toThrow(
        expect.objectContaining({ code: 'ERR_SESSION_STALE', status: 401, seconds: 300 }),
      )
      requireRecent(session, 301)
      await session.rotate()
      expect(() => requireRecent(session, 300)).toThrow()
      await session.regenerate()
      requireRecent(session, 300)
    })
    expect(() => requireRecent({ age: 0, isNew: false }, 0)).toThrow(
      expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }),
    )
  })
})
