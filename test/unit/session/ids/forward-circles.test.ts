import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { encodeRedirect } from '../../../../src/codec/redirect.js'
import { hashedKey, type SessionId } from '../../../../src/core/id.js'
import { randomToken } from '../../../../src/core/random.js'
import { defineSession, memoryStore } from '../../../../src/index.js'
import type { Revision, StoreKey } from '../../../../src/stores/port.js'
import { fakeClock } from '../../../../src/testing/fake-clock.js'
import { createTestClient } from '../../../../src/testing/test-client.js'
import { storeAround } from '../../../support/store-around.js'

const schema = z.object({ userId: z.string().optional(), n: z.number().default(0) })
const newId = () => randomToken(32) as SessionId
/** More reads than any walk may need: without a bound these tests would never end. */
const MANY = 200_000

interface Options {
  readonly encrypt?: boolean
  readonly onUnreadable?: 'reset' | 'throw'
  readonly grace?: number
}

async function setUp({ encrypt = false, onUnreadable = 'reset', grace = 60 }: Options = {}) {
  const plain = memoryStore()
  const clock = fakeClock()
  const invalid: (string | undefined)[] = []
  let calls = 0
  const store = storeAround(plain, async (_name, run) => {
    if (++calls > MANY) throw new Error('the walk does not end')
    return run()
  })
  const definition = defineSession(schema, {
    store,
    clock,
    subject: 'userId',
    onUnreadable,
    rotateEvery: 600,
    rotateGrace: grace,
    onReuse: 'revoke',
    hooks: { invalid: ({ error }) => void invalid.push((error as { code?: string } | undefined)?.code) },
    ...(encrypt && { encrypt: true, secrets: ['a secret that is long enough for a test'] }),
  })
  const keyOf = (id: SessionId) => hashedKey(definition.name, id) as StoreKey
  async function forward(from: SessionId, to: SessionId) {
    const graceUntil = clock() + grace * 1000
    const bytes = encodeRedirect({ graceUntil, nextKey: keyOf(to), nextId: to }, definition.name, from)
    await plain.destroy(keyOf(from))
    await plain.create(keyOf(from), { bytes, revision: randomToken(12) as Revision, expiresAt: clock() + 3_600_000 })
  }
  /** Forwards from each to the next, and from the last to the first, or to a session. */
  async function forwards(first: SessionId, length: number, end?: SessionId) {
    const ids = [first, ...Array.from({ length: length - 1 }, newId)]
    for (const [i, id] of ids.entries()) await forward(id, ids[i + 1] ?? end ?? first)
    return ids
  }
  const client = createTestClient(definition)
  await client.request((session) => session.set('userId', 'ann'))
  const [cookieName = '', id = ''] = client.cookie.split('=')
  const useCount = () => {
    const used = calls
    calls = 0
    return used
  }
  useCount()
  return { plain, clock, definition, client, forwards, id: id as SessionId, cookieName, invalid, useCount, keyOf }
}

describe('stored forwards that lead nowhere end in onUnreadable, from every entry', () => {
  for (const encrypt of [false, true])
    for (const length of [1, 2, 1000]) {
      const title = `a circle of ${length}${encrypt ? ', encrypted' : ''}`

      it(`${title}: a request gets a new session`, async () => {
        const { client, forwards, id, invalid, useCount } = await setUp({ encrypt })
        await forwards(id, length)
        expect((await client.request((session) => session.isNew)).value).toBe(true)
        expect(invalid).toEqual(['ERR_SESSION_UNREADABLE'])
        expect(useCount()).toBeLessThan(100)
      })

      it(`${title}: with 'throw' a request and an ending say so`, async () => {
        const { client, definition, forwards, id } = await setUp({ encrypt, onUnreadable: 'throw' })
        await forwards(id, length)
        await expect(client.request(() => {})).rejects.toMatchObject({ code: 'ERR_SESSION_UNREADABLE' })
        await expect(definition.destroyById(id)).rejects.toMatchObject({ code: 'ERR_SESSION_UNREADABLE' })
      })

      for (const call of ['save', 'regenerate', 'rotate', 'destroy'] as const)
        it(`${title}: ${call}() of a request under way`, async () => {
          const { client, forwards, id, useCount } = await setUp({ encrypt })
          const outcome = client.request(async (session) => {
            await forwards(id, length)
            session.set('n', 1)
            await session[call]()
          })
          if (call === 'destroy') await outcome
          else await expect(outcome).rejects.toMatchObject({ code: 'ERR_SESSION_GONE' })
          expect(useCount()).toBeLessThan(200)
        })

      it(`${title}: destroyById, destroyAll, a listed session's revoke, revoke with except`, async () => {
        const { definition, forwards, id, useCount, plain, keyOf } = await setUp({ encrypt })
        const [listed] = await definition.subjects.list('ann')
        await forwards(id, length)
        expect(await listed?.revoke()).toBe(false)
        expect(await plain.read(keyOf(id)), 'the forward is gone too').toBeUndefined()
        await forwards(id, length)
        expect(await definition.destroyById(id)).toBe(false)
        await forwards(id, length)
        expect(await definition.subjects.revoke('ann', { except: { ref: 'x', id } })).toBe(0)
        expect(useCount()).toBeLessThan(400)
        expect(await definition.destroyAll()).toBe(0)
        expect((await plain.scan(`${definition.name}:h1.`)[Symbol.asyncIterator]().next()).done).toBe(true)
      })

      it(`${title}: after the grace an old id ends what it leads to, which is nothing`, async () => {
        const { client, forwards, id, clock, useCount } = await setUp({ encrypt })
        await forwards(id, length)
        clock.advance(61)
        expect((await client.request((session) => session.isNew)).value).toBe(true)
        expect(useCount()).toBeLessThan(100)
      })
    }

  it('a chain as long as rotations leave one is followed to its session', async () => {
    const { client, forwards, id, cookieName, definition } = await setUp()
    const old = newId()
    await forwards(old, 20, id)
    const late = Object.assign(createTestClient(definition), { cookie: `${cookieName}=${old}` })
    expect((await late.request((session) => session.get('userId'))).value).toBe('ann')
    expect(await definition.destroyById(old)).toBe(true)
    expect((await client.request((session) => session.isNew)).value).toBe(true)
  })

  it('forwards that have expired, and that nobody has collected, are no damage, however many', async () => {
    const { client, forwards, id, definition, clock, invalid } = await setUp({ onUnreadable: 'throw' })
    const old = newId()
    await forwards(old, 100, id)
    clock.advance(3601)
    await client.request((session) => session.touch())
    expect(await definition.destroyById(old)).toBe(false)
    expect(await definition.destroyAll()).toBe(1)
    expect(invalid).toEqual([])
  })

  it('destroyAll ends all others beside a circle, whatever the policy', async () => {
    const { client, forwards, definition } = await setUp({ onUnreadable: 'throw' })
    await forwards(newId(), 3)
    expect(await definition.destroyAll()).toBe(1)
    expect((await client.request((session) => session.isNew)).value).toBe(true)
  })
})
