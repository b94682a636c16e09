import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { RequestSessions } from '../../../../src/edge/request-sessions.js'
import { cbor, defineSession, json, memoryStore } from '../../../../src/index.js'
import type { SessionOptions } from '../../../../src/session/definition/options.js'
import { fakeClock } from '../../../../src/testing/fake-clock.js'
import { createTestClient } from '../../../../src/testing/test-client.js'
import { later } from '../../../support/later.js'
import { rotated } from './rotation-kit.js'

const schema = z.object({
  userId: z.string().optional(),
  n: z.number().default(0),
  at: z.map(z.string(), z.number()).optional(),
})
const flash = z.object({ notice: z.string() })

async function setUp(options: SessionOptions<typeof flash, typeof schema> = {}) {
  const clock = fakeClock()
  const store = memoryStore()
  const errors: unknown[] = []
  const definition = defineSession(schema, {
    store,
    clock,
    flash,
    rotateEvery: 600,
    rotateGrace: 30,
    autoCollect: false,
    cookie: { secure: false },
    hooks: { storeError: ({ error }) => errors.push(error) },
    ...options,
  })
  const client = createTestClient(definition)
  await client.request((session) => session.set('userId', 'ann'))
  const userOf = async (cookie: string) =>
    (await createTestClient(definition).request((session) => session.get('userId'), { cookie })).value
  const rotate = () => rotated(client, clock)
  return { clock, store, definition, client, errors, userOf, rotate }
}
const told = ([line]: readonly string[], otherwise: string) => line?.split(';')[0] ?? otherwise

describe('law 10: the answer of a slow request is no dead id after that of a login', () => {
  it.each([
    ['that came with an old id', 200],
    ['that came with an old id and fails', 500],
  ] as const)('%s', async (_, status) => {
    const { client, rotate, definition, userOf } = await setUp()
    const cookie = await rotate()
    const { setCookies } = await createTestClient(definition).request(
      async () => {
        await client.request((session) => session.regenerate())
      },
      { cookie, status },
    )
    expect(await userOf(told(setCookies, client.cookie))).toBe('ann')
  })

  it('that came with an old id, while the id was rotated twice more', async () => {
    const { client, rotate, definition, clock, userOf } = await setUp({ onReuse: 'revoke' })
    const cookie = await rotate()
    const { setCookies } = await createTestClient(definition).request(
      async () => {
        await rotate()
        clock.advance(31)
      },
      { cookie },
    )
    expect(await userOf(told(setCookies, client.cookie))).toBe('ann')
  })

  it('that found the new id when it asked for the lock', async () => {
    const { client, definition, clock, userOf } = await setUp()
    const { cookie } = client
    clock.advance(600)
    const { setCookies } = await createTestClient(definition).request(
      async (_session, reopen) => {
        await client.request((session) => session.get('n'))
        await reopen({ lock: true })
        await client.request((session) => session.regenerate())
      },
      { cookie },
    )
    expect(await userOf(told(setCookies, client.cookie))).toBe('ann')
  })

  it.each(['save', 'take'] as const)('that has renewed a persistent cookie early, by %s()', async (how) => {
    const { client, definition, userOf } = await setUp({ cookie: { secure: false, persistent: true } })
    await client.request((session) => session.flash.set('notice', 'saved'))
    const { cookie } = client
    const { setCookies } = await createTestClient(definition).request(
      async (session) => {
        session.set('n', 1)
        await (how === 'save' ? session.save() : session.flash.take('notice'))
        await client.request((theirs) => theirs.regenerate())
      },
      { cookie },
    )
    expect(await userOf(told(setCookies, client.cookie))).toBe('ann')
  })
})

it('a record that only an older codec can carry gets its new id in that codec', async () => {
  const { client, clock, definition, errors } = await setUp()
  await client.request((session) => session.set('at', new Map([['a', 1]])))
  const next = createTestClient(definition.with({ codec: [json(), cbor()] }))
  clock.advance(600)
  const { value } = await next.request((session) => session.get('userId'), { cookie: client.cookie })
  expect([value, errors]).toEqual(['ann', []])
  expect(next.cookie).toMatch(/^session=/)
  expect(next.cookie).not.toBe(client.cookie)
  expect((await next.request((session) => session.get('at'))).value).toEqual(new Map([['a', 1]]))
})

describe('a rotation that cannot be done fails no request', () => {
  it('as there is no id', async () => {
    const { client, clock, definition, errors } = await setUp()
    const noEntropy = () => {
      throw new Error('no entropy')
    }
    const next = createTestClient(definition.with({ generateId: noEntropy }))
    clock.advance(600)
    expect((await next.request((session) => session.get('userId'), { cookie: client.cookie })).value).toBe('ann')
    expect(errors).toHaveLength(1)
  })

  it('as the lock has run out and another request has it', async () => {
    const { client, clock, definition } = await setUp()
    const open = async () => {
      const scope = new RequestSessions()
      await scope.use(definition, { header: () => client.cookie }, { lock: true })
      return scope
    }
    clock.advance(600)
    const slow = await open()
    const other = open()
    await sleep(20)
    later(31_000)
    await other
    const lines: string[] = []
    await slow.commit(200, {
      setHeader() {},
      setDefault() {},
      vary() {},
      setCookie: (_, line) => void lines.push(line),
    })
    expect(lines).toEqual([])
  })
})

describe('old ids', () => {
  it('of a session that is remembered for long do not pile up', async () => {
    const { client, rotate, definition, store } = await setUp({ maxAge: 86_400 * 30 })
    await client.request((session) => session.remember(86_400 * 30))
    for (let times = 0; times < 40; times++) await rotate()
    await definition.collectGarbage()
    expect(store.size).toBeLessThan(15)
  })

  it("with onReuse: 'revoke', one that comes beside the current id ends nothing", async () => {
    const { client, rotate, clock, userOf } = await setUp({ onReuse: 'revoke' })
    const old = await rotate()
    clock.advance(31)
    expect(await userOf(`${old}; ${client.cookie}`)).toBe('ann')
    expect(await userOf(old)).toBeUndefined()
    expect(await userOf(client.cookie)).toBeUndefined()
  })

  it("law 8: one whose record is damaged follows onUnreadable: 'throw'", async () => {
    const { rotate, store, userOf } = await setUp({ onUnreadable: 'throw' })
    const old = await rotate()
    for await (const { key, record } of store.scan('')) {
      const bytes = Uint8Array.from(record.bytes, (byte, at) => (at === record.bytes.length - 1 ? byte ^ 1 : byte))
      await store.update(key, { ...record, bytes }, record.revision)
    }
    await expect(userOf(old)).rejects.toMatchObject({ code: 'ERR_SESSION_UNREADABLE' })
  })
})
