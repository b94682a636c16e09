import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { generateSecret } from '../../../../src/core/keyring.js'
import { RequestSessions } from '../../../../src/edge/request-sessions.js'
import { defineSession, memoryStore } from '../../../../src/index.js'
import type { SessionOptions } from '../../../../src/session/definition/options.js'
import { headerTransport } from '../../../../src/session/transport/transport.js'
import { fakeClock } from '../../../../src/testing/fake-clock.js'
import { createTestClient } from '../../../../src/testing/test-client.js'
import { countingStore } from '../../../support/counting-store.js'

const schema = z.object({ n: z.number().default(0) })
const [oldSecret, newSecret] = [generateSecret(), generateSecret()]

function setUp(options: Omit<SessionOptions<undefined, typeof schema>, 'flash'> = {}) {
  const clock = { now: 1_700_000_000_000 }
  const { store, calls } = countingStore(memoryStore())
  const define = (more: typeof options) => defineSession(schema, { store, clock: () => clock.now, ...more })
  return { clock, store, calls, define, definition: define(options) }
}

type Client = ReturnType<typeof createTestClient<typeof schema, undefined>>

const read = async (client: Client) => (await client.request((session) => session.get('n'))).value

describe('signIds', () => {
  it('refuses what it did not sign without a store call (K1, CS-12)', async () => {
    const { calls, definition } = setUp({ secrets: newSecret, signIds: true })
    const client = createTestClient(definition)
    await client.request((session) => session.set('n', 1))
    const good = client.cookie
    expect(good).toMatch(/^session=[\w-]{43}\.[\w-]{22}$/)
    expect(await read(client)).toBe(1)
    calls.length = 0
    const [id, tag] = good.slice('session='.length).split('.') as [string, string]
    const other = `${tag.startsWith('A') ? 'B' : 'A'}${tag.slice(1)}`
    for (const forged of [
      id,
      `${id}.`,
      `${id}.${other}`,
      `${id}.${tag}A`,
      `${id.slice(1)}.${tag}`,
      `.${tag}`,
      `${id}.${tag}.`,
    ]) {
      client.cookie = `session=${forged}`
      expect(await read(client), forged).toBe(0)
    }
    expect(calls).toEqual([])
    client.cookie = good
    expect(await read(client)).toBe(1)
  })

  it('tries a signed id first when several cookies come (C-9, ASVS 15.3.7)', async () => {
    const { clock, calls, define } = setUp()
    const definition = define({ secrets: newSecret, signIds: { acceptUnsigned: new Date(clock.now + 1) } })
    const client = createTestClient(definition)
    await client.request((session) => session.set('n', 1))
    const planted = 'A'.repeat(43)
    client.cookie = `session=${planted}; ${client.cookie}`
    calls.length = 0
    expect((await client.request((session) => session.get('n'), { cookie: client.cookie })).value).toBe(1)
    expect(calls).toEqual(['read'])
  })

  it('can be switched on for a live app, and unsigned ids end at the date', async () => {
    const { clock, define } = setUp()
    const before = createTestClient(define({}))
    await before.request((session) => session.set('n', 1))
    const until = new Date(clock.now + 1000)
    const after = createTestClient(define({ secrets: newSecret, signIds: { acceptUnsigned: until } }))
    after.cookie = before.cookie
    expect(await read(after)).toBe(1)
    clock.now += 1000
    after.cookie = before.cookie
    expect(await read(after)).toBe(0)
  })

  it('can be switched on, or off again, server by server', async () => {
    const clock = fakeClock()
    const unsigned = defineSession(z.object({ userId: z.string().optional() }), {
      store: memoryStore(),
      clock,
      secrets: generateSecret(),
      cookie: { secure: false },
    })
    const signing = unsigned.with({ signIds: { acceptUnsigned: new Date(clock() + 86_400_000) } })
    const client = createTestClient(signing)
    await client.request((session) => session.set('userId', 'ann'))
    expect(client.cookie).toContain('.')
    const { value } = await createTestClient(unsigned).request((session) => session.get('userId'), {
      cookie: client.cookie,
    })
    expect(value).toBe('ann')
  })

  it('rotates keys: the newest signs, all verify (M107)', async () => {
    const { define } = setUp()
    const first = createTestClient(define({ secrets: oldSecret, signIds: true }))
    await first.request((session) => session.set('n', 1))
    const both = createTestClient(define({ secrets: [newSecret, oldSecret], signIds: true }))
    both.cookie = first.cookie
    expect(await read(both)).toBe(1)
    await both.request((session) => session.rotate())
    const last = createTestClient(define({ secrets: [newSecret], signIds: true }))
    last.cookie = both.cookie
    expect(await read(last)).toBe(1)
    last.cookie = first.cookie
    expect(await read(last)).toBe(0)
  })

  it('needs secrets, and secrets given by a function are asked for once, on first use', async () => {
    expect(() => setUp({ signIds: true })).toThrow('secrets')
    expect(() => setUp({ signIds: true, secrets: 'short' })).toThrow('5 characters')
    let asked = 0
    const { definition } = setUp({
      signIds: true,
      secrets: () => {
        asked++
        return newSecret
      },
    })
    expect(asked).toBe(0)
    const client = createTestClient(definition)
    await client.request((session) => session.set('n', 1))
    await read(client)
    expect(asked).toBe(1)
  })
})

describe('the hash of an id', () => {
  it('a leaked key, hashed or with its marker cut off, opens no session', async () => {
    const { store, define } = setUp()
    const definition = define({})
    await createTestClient(definition).request((session) => session.set('n', 5))
    for await (const { key } of store.scan('')) {
      for (const leaked of [key, key.slice('session:'.length), key.slice('session:h1.'.length)]) {
        const thief = createTestClient(definition)
        thief.cookie = `session=${leaked}`
        expect(await read(thief)).toBe(0)
      }
    }
  })
})

it('a transport may be an instance of a class', async () => {
  class Bearer {
    readonly name = 'x-session'
    read(request: { header(name: string): string | undefined }) {
      return request.header(this.name)
    }
    write(response: { setHeader(name: string, value: string): void }, id: string) {
      response.setHeader(this.name, id)
    }
    clear(response: { setHeader(name: string, value: string): void }) {
      response.setHeader(this.name, '')
    }
  }
  const client = createTestClient(setUp({ transport: new Bearer() }).definition)
  const { headers } = await client.request((session) => session.set('n', 1))
  const gone = await client.request((session) => session.destroy(), { headers })
  expect([headers['x-session'], gone.headers['x-session']]).toEqual([expect.any(String), ''])
})

describe('headerTransport (M007, M008)', () => {
  it('carries ids in a header, and no cookie', async () => {
    const { definition } = setUp({ transport: headerTransport() })
    const request = async (id: string | undefined, n: number) => {
      const headers: Record<string, string> = {}
      const scope = new RequestSessions()
      const session = await scope.use(definition, { header: (name) => (name === 'session-id' ? id : undefined) })
      const before = session.get('n')
      if (n < 0) await session.destroy()
      else session.set('n', n)
      await scope.commit(200, {
        setHeader: (name, value) => void (headers[name] = value),
        setCookie: () => expect.unreachable(),
        setDefault() {},
        vary() {},
      })
      return { before, headers }
    }
    const first = await request(undefined, 1)
    const id = first.headers['session-id']
    expect(id).toMatch(/^[\w-]{43}$/)
    expect((await request(id, 2)).before).toBe(1)
    expect((await request(id, -1)).headers['session-id']).toBe('')
    expect((await request(id, 3)).before).toBe(0)
  })
})
