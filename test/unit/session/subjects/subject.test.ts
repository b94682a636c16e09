import { describe, expect, it } from 'vitest'
import { defineSession, memoryStore } from '../../../../src/index.js'
import { createTestClient } from '../../../../src/testing/test-client.js'

import { schema, setUp } from './login-kit.js'

describe('the definition says what it cannot do', () => {
  it('without a subject', async () => {
    const definition = defineSession(schema, { store: memoryStore() })
    await expect(definition.subjects.list('ann')).rejects.toMatchObject({ code: 'ERR_SESSION_CONFIG' })
    await expect(definition.subjects.revoke('ann')).rejects.toMatchObject({ code: 'ERR_SESSION_CONFIG' })
    expect(() => defineSession(schema, { maxPerSubject: 2 })).toThrow('subject')
  })

  it('with a store that has no subject index, or cannot list', async () => {
    const { read, create, update, touch, destroy, guarantees } = memoryStore()
    const store = { read, create, update, touch, destroy, guarantees }
    const definition = defineSession(schema, { store, subject: 'userId' })
    await expect(definition.subjects.list('ann')).rejects.toMatchObject({ code: 'ERR_SESSION_CONFIG' })
    await expect(defineSession(schema, { store }).destroyAll()).rejects.toMatchObject({ code: 'ERR_SESSION_CONFIG' })
  })
})

describe('subject', () => {
  it('may be a function of the data, and is stored as a hash', async () => {
    const store = memoryStore()
    const definition = defineSession(schema, { store, subject: (data) => data.userId && `user ${data.userId}` })
    await createTestClient(definition).request((session) => session.set('userId', 'ann'))
    const subjects: (string | undefined)[] = []
    for await (const { record } of store.scan('')) subjects.push(record.subject)
    expect(subjects).toHaveLength(1)
    expect(subjects[0]).toMatch(/^session:u1\.[\w-]{43}$/)
    expect(await definition.subjects.list('user ann')).toHaveLength(1)
  })

  it('costs an update that does not change it no extra call', async () => {
    const store = memoryStore()
    const { login } = setUp({ store })
    const { client } = await login('ann')
    const calls: string[] = []
    for (const name of ['read', 'create', 'update', 'destroy', 'bySubject'] as const) {
      const original = store[name].bind(store) as (...args: unknown[]) => never
      store[name] = ((...args: unknown[]) => {
        calls.push(name)
        return original(...args)
      }) as never
    }
    await client.request((session) => session.set('n', 5))
    expect(calls).toEqual(['read', 'update'])
  })
})
