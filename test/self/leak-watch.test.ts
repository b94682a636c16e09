import { createHash } from 'node:crypto'
import diagnosticsChannel from 'node:diagnostics_channel'
import { describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { defineSession, generateSecret, memoryStore, SessionError, StoreError } from '../../src/index.js'
import { createTestClient } from '../../src/testing/test-client.js'
import { createLeakSearch } from '../support/leak-search.js'
import { leakCounts, takeLeaks } from '../support/leak-watch.js'

const schema = z.object({ n: z.number().optional() })
const ID = createHash('sha256').update('an id').digest('base64url')

describe('the search for ids', () => {
  const bytes = Buffer.from(ID)
  it.each([
    ['whole', ID],
    ['its first 16 characters', `${ID.slice(0, 16)}...`],
    ['its last 16 characters', `...${ID.slice(-16)}`],
    ['inside a word', `session_${ID}-ended`],
    ['in hex', bytes.toString('hex')],
    ['in hex, printed as a Buffer', `<Buffer ${bytes.toString('hex').replace(/..(?!$)/g, '$& ')}>`],
    ['percent-encoded', bytes.toString('hex').replace(/../g, '%$&')],
    ['in decimal bytes over several lines', [...bytes].join(',\n   ')],
    ['in base64', bytes.toString('base64')],
    ['in base64, two bytes in', Buffer.from(`x=${ID}`).toString('base64url')],
    ['its own random bytes in hex', Buffer.from(ID, 'base64url').toString('hex')],
  ])('finds one %s, whichever is known first', (_, text) => {
    const [before, after] = [createLeakSearch(), createLeakSearch()]
    before.hide(ID)
    for (const search of [before, after]) search.read('here', `The session ${text} has ended.`)
    after.hide(ID)
    expect(before.take()).toEqual(['here'])
    expect(after.take()).toEqual(['here'])
    expect(after.take()).toEqual([])
  })

  it('takes nothing else for one', () => {
    const search = createLeakSearch()
    search.hide(ID)
    search.read('here', `${ID.slice(0, 15)} ${ID.slice(1, -1)} ${generateSecret()} ${'0'.repeat(64)}`)
    expect(search.take()).toEqual([])
  })

  it('still finds it after more texts than it keeps', () => {
    const search = createLeakSearch()
    search.hide(ID)
    search.read('here', ID)
    for (let i = 0; i < 60_000; i++) search.read('elsewhere', `some-other-text-${i}`)
    expect(search.take()).toEqual(['here'])
  })
})

// Each plants what must never be there, and takes it: a file with leaks that nobody takes fails.
describe('the watch over this file', () => {
  async function login(options: object = {}) {
    const client = createTestClient(defineSession(schema, { store: memoryStore(), ...options }))
    const { value } = await client.request(async (session) => {
      session.set('n', 1)
      await session.save()
      return { id: String(session.id), ref: session.ref }
    })
    return { client, ...value }
  }

  it('knows the ids and keys of sessions without being told, and counts what it meets', async () => {
    const before = leakCounts()
    await login()
    const after = leakCounts()
    expect(after.secrets - before.secrets).toBeGreaterThanOrEqual(2)
    expect(after.hooks - before.hooks).toBeGreaterThanOrEqual(2)
    expect(takeLeaks()).toEqual([])
  })

  it('sees an id in the message, the cause and a property of an error that is caught', async () => {
    const { id } = await login()
    const told = [
      () => new SessionError('ERR_SESSION_GONE', `Session ${id} has ended.`),
      () =>
        new StoreError('The store failed.', { cause: new Error('driver', { cause: { args: [[{ deep: [id] }]] } }) }),
      () => Object.assign(new SessionError('ERR_SESSION_LIMIT', 'Too many.'), { details: { first: id } }),
    ]
    for (const each of told) {
      each()
      const { code } = each()
      expect(takeLeaks()).toEqual([code])
    }
  })

  it('sees the ids of an app’s own generator, ids that a client made up, store keys and secrets', async () => {
    const secret = generateSecret()
    const plain = await login({ name: 'plain' })
    const own = await login({ generateId: () => `mine_${generateSecret()}`, secrets: secret, encrypt: true })
    const invented = generateSecret()
    const store = memoryStore()
    const definition = defineSession(schema, { store })
    await createTestClient(definition).request((session) => session.set('n', 1))
    await createTestClient(definition).request((session) => session.data, { cookie: `session=${invented}` })
    const keys: string[] = []
    for await (const { key } of store.scan('')) keys.push(key)
    expect(keys).toHaveLength(1)
    for (const text of [own.id, plain.id, invented, secret, ...keys]) {
      new SessionError('ERR_SESSION_CONFIG', `Wrong: ${text}`)
      expect(takeLeaks(), text).toEqual(['ERR_SESSION_CONFIG'])
    }
    new SessionError('ERR_SESSION_CONFIG', `Session \`plain\`, ${own.ref}, is fine.`)
    expect(takeLeaks()).toEqual([])
  })

  it('sees it on the channel, on stderr, in a warning, and on a console that a test has silenced', async () => {
    const { id } = await login()
    diagnosticsChannel.channel('zession').publish({ hook: 'saved', session: 'session', ref: id })
    expect(takeLeaks()).toEqual(['hook saved'])
    const spy = vi.spyOn(console, 'warn').mockImplementation(() => {})
    console.warn('zession:', { sessions: new Map([[id, 1]]) })
    expect(spy).toHaveBeenCalledTimes(1)
    expect(console.warn).toHaveBeenCalledTimes(1)
    spy.mockRestore()
    expect(takeLeaks()).toEqual(['console.warn'])
    process.stderr.write(`${id}\n`)
    expect(takeLeaks()).toEqual(['stderr'])
    process.emit('warning', new Error(`a warning about ${id}`))
    expect(takeLeaks()).toContain('process warning')
  })
})
