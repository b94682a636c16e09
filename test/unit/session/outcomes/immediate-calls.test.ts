import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { RequestSessions } from '../../../../src/edge/request-sessions.js'
import { defineSession, memoryStore } from '../../../../src/index.js'
import { createTestClient } from '../../../../src/testing/test-client.js'
import { countingStore } from '../../../support/counting-store.js'
import { sizeOf } from '../../../support/sessions-in.js'

const schema = z.object({
  user: z.string().optional(),
  n: z.number().default(0),
  csrf: z.string().default(() => crypto.randomUUID()),
})
const flash = z.object({ notice: z.string(), warning: z.string() })
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

function setUp(options: object = {}) {
  const store = memoryStore()
  const definition = defineSession(schema, { store, flash, ...options })
  return { store, definition, client: createTestClient(definition) }
}

/** The answer of the next update comes after those of later calls. */
function delayNextAnswer(store: ReturnType<typeof memoryStore>) {
  const { update } = store
  store.update = async (...args) => {
    store.update = update
    const result = await update(...args)
    await sleep(30)
    return result
  }
}

describe('the response waits for what nobody awaited (law 9)', () => {
  it.each(['take', 'save'] as const)('%s()', async (call) => {
    const store = memoryStore()
    const client = createTestClient(defineSession(schema, { store, flash }))
    await client.request((session) => session.flash.set('notice', 'hello'))
    const { update } = store
    let answered = 0
    store.update = async (...args) => {
      const result = await update(...args)
      await sleep(30)
      answered++
      return result
    }
    await client.request((session) => {
      if (call === 'save') session.set('n', 1)
      void (call === 'take' ? session.flash.take('notice') : session.save())
    })
    expect(answered).toBe(1)
  })
})

describe('save() beside another save or the commit (law 1)', () => {
  it('two at once of a new session make one record, and are told once', async () => {
    const created: unknown[] = []
    const { client, store } = setUp({ hooks: { created: () => void created.push(1) } })
    await client.request(async (session) => {
      session.set('n', 1)
      await Promise.all([session.save(), session.save()])
    })
    expect([await sizeOf(store), created.length]).toEqual([1, 1])
  })

  it('J14 a save that nobody awaited and the commit make one record, and the cookie names it', async () => {
    const { client, store } = setUp()
    await client.request((session) => {
      session.set('n', 1)
      void session.save()
    })
    expect(await sizeOf(store)).toBe(1)
    expect((await client.request((session) => session.get('n'))).value).toBe(1)
  })

  it.each(['both awaited', 'one not awaited'] as const)(
    'an update is applied once when the answers come in another order, %s',
    async (how) => {
      const { client, store } = setUp()
      await client.request((session) => session.set('user', 'ann'))
      delayNextAnswer(store)
      await client.request(async (session) => {
        session.update('n', (n) => n + 1)
        const saves = Promise.all([session.save(), session.save()])
        if (how === 'both awaited') await saves
      })
      expect((await client.request((session) => session.get('n'))).value).toBe(1)
    },
  )
})

describe('two immediate calls at once', () => {
  it('takes of one channel in one request deliver it once, and each channel to somebody (law 3)', async () => {
    const { client } = setUp()
    await client.request((session) => {
      session.flash.set('notice', 'one')
      session.flash.set('warning', 'two')
    })
    const { value } = await client.request(({ flash: waiting }) =>
      Promise.all([waiting.take('notice'), waiting.take('warning'), waiting.take('notice')]),
    )
    expect(value.filter(Boolean).toSorted()).toEqual(['one', 'two'])
    expect((await client.request((session) => session.flash.takeAll())).value).toEqual({})
  })

  it('two regenerates leave one live record, whose id the client has', async () => {
    const { client, store } = setUp()
    await client.request((session) => session.set('n', 1))
    await client.request((session) => Promise.all([session.regenerate(), session.regenerate()]))
    expect((await client.request((session) => session.get('n'))).value).toBe(1)
    expect(await sizeOf(store)).toBe(1)
  })

  it('two locked uses in one request do not wait for each other', async () => {
    const { client, definition } = setUp({ storeTimeout: 300 })
    await client.request((session) => session.set('n', 1))
    const scope = new RequestSessions()
    const request = { header: (name: string) => (name.toLowerCase() === 'cookie' ? client.cookie : undefined) }
    const [one, two] = await Promise.all([1, 2].map(() => scope.use(definition, request, { lock: true })))
    expect(one).toBe(two)
    await scope.commit(200, { setCookie() {}, setHeader() {}, setDefault() {}, vary() {} })
  })

  it.each(['new', 'stored'] as const)('law 2 save and destroy of a %s session: it ended', async (age) => {
    const { client, store } = setUp()
    if (age === 'stored') await client.request((session) => session.set('user', 'ann'))
    const { cookie } = client
    await client.request(async (session) => {
      session.set('n', 2)
      await Promise.all([session.save(), session.destroy()])
    })
    expect([await sizeOf(store), client.cookie]).toEqual([0, ''])
    expect((await client.request((session) => session.get('n'), { cookie })).value).toBe(0)
  })

  it('law 2 regenerate and destroy: it ended', async () => {
    const { client, store } = setUp()
    await client.request((session) => session.set('user', 'ann'))
    await client.request((session) => Promise.all([session.regenerate(), session.destroy()]))
    expect([await sizeOf(store), client.cookie]).toEqual([0, ''])
  })

  it('a call after destroy has begun is refused, even before that has ended', async () => {
    const { client, store } = setUp()
    await client.request((session) => session.set('user', 'ann'))
    const { value } = await client.request((session) => Promise.allSettled([session.destroy(), session.regenerate()]))
    expect(value.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    expect(value[1]).toMatchObject({ reason: { code: 'ERR_SESSION_DESTROYED' } })
    expect(await sizeOf(store)).toBe(0)
  })

  it.each(['move', 'update'] as const)('regenerate and save keep the change, however slow the %s', async (slow) => {
    const { client, store } = setUp()
    await client.request((session) => session.set('user', 'ann'))
    const { move, update } = store
    if (slow === 'move') store.move = (...args) => sleep(10).then(() => move(...args))
    else store.update = (...args) => sleep(10).then(() => update(...args))
    await client.request(async (session) => {
      session.set('n', 2)
      await Promise.all([session.regenerate(), session.save()])
    })
    expect((await client.request((session) => session.data)).value).toMatchObject({ user: 'ann', n: 2 })
    expect(await sizeOf(store)).toBe(1)
  })
})

describe('an immediate call that nobody awaited', () => {
  const slow = (store: ReturnType<typeof memoryStore>) => countingStore(store, () => sleep(10)).store

  it.each(['regenerate', 'rotate'] as const)(
    'J14 the response to %s waits for the new id and tells it',
    async (how) => {
      const { client, store } = setUp()
      await client.request((session) => session.set('user', 'ann'))
      const { cookie } = client
      const behind = createTestClient(defineSession(schema, { store: slow(store), flash }))
      await behind.request((session) => void session[how](), { cookie })
      expect(behind.cookie).not.toBe(cookie)
      expect((await behind.request((session) => session.get('user'))).value).toBe('ann')
      expect(await sizeOf(store)).toBe(1)
    },
  )

  it('J14 the response to a logout waits for its end and removes the cookie', async () => {
    const { client, store } = setUp()
    await client.request((session) => session.set('user', 'ann'))
    const behind = createTestClient(defineSession(schema, { store: slow(store), flash }))
    const { setCookies } = await behind.request((session) => void session.destroy(), { cookie: client.cookie })
    expect(await sizeOf(store)).toBe(0)
    expect(setCookies).toEqual([expect.stringMatching(/^session=; Max-Age=0;/)])
  })

  it('J14 a save stays though the response ends in a 5xx', async () => {
    const { client, store } = setUp()
    await client.request((session) => session.set('user', 'ann'))
    const behind = createTestClient(defineSession(schema, { store: slow(store), flash }))
    await behind.request(
      (session) => {
        session.set('n', 1)
        void session.save()
      },
      { cookie: client.cookie, status: 500 },
    )
    expect((await client.request((session) => session.get('n'))).value).toBe(1)
  })
})

describe('a function default that the app has seen (M034)', () => {
  it.each(['regenerate', 'rotate', 'take', 'save', 'commit'] as const)('is stored by %s', async (how) => {
    const { client } = setUp()
    await client.request((session) => {
      session.set('user', 'ann')
      session.flash.set('notice', 'x')
    })
    const { value } = await client.request(async (session) => {
      const seen = session.get('csrf')
      if (how === 'take') await session.flash.take('notice')
      else if (how === 'regenerate' || how === 'rotate') await session[how]()
      else session.set('n', 1)
      if (how === 'save') await session.save()
      return seen
    })
    expect((await client.request((session) => session.get('csrf'))).value).toBe(value)
  })
})

describe('regenerate({ keep }) drops everything else (M023)', () => {
  it('in a session that is not stored yet', async () => {
    const { client } = setUp()
    await client.request(async (session) => {
      session.set('user', 'guest')
      session.set('n', 1)
      await session.regenerate({ keep: ['n'] })
      expect([session.get('user'), session.get('n')]).toEqual([undefined, 1])
    })
    await client.request((session) => expect([session.get('user'), session.get('n')]).toEqual([undefined, 1]))
  })

  it('in the fresh session after a logout (J4)', async () => {
    const { client } = setUp()
    await client.request((session) => session.set('n', 3))
    await client.request(async (session, reopen) => {
      await session.destroy()
      const fresh = await reopen()
      fresh.set('user', 'guest')
      fresh.set('n', 2)
      await fresh.regenerate({ keep: ['n'] })
      expect([fresh.get('user'), fresh.get('n')]).toEqual([undefined, 2])
    })
  })

  it.each(['clear', 'delete'] as const)('what a pending %s removed does not come back', async (how) => {
    const { client } = setUp()
    await client.request((session) => {
      session.set('n', 1)
      session.set('user', 'ann')
    })
    await client.request(async (session) => {
      if (how === 'clear') session.clear()
      else session.delete('user')
      await session.regenerate({ keep: ['user'] })
      expect(session.get('user')).toBeUndefined()
    })
    await client.request((session) => expect([session.get('user'), session.get('n')]).toEqual([undefined, 0]))
  })

  it('a pending update of a kept key is applied once', async () => {
    const { client } = setUp()
    await client.request((session) => session.set('user', 'ann'))
    await client.request(async (session) => {
      session.update('n', (n) => n + 1)
      await session.regenerate({ keep: ['n'] })
      expect(session.get('n')).toBe(1)
    })
    await client.request((session) => expect([session.get('user'), session.get('n')]).toEqual([undefined, 1]))
  })
})
