import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { RequestSessions } from '../../../../src/edge/request-sessions.js'
import { defineSession, json, memoryStore, migration } from '../../../../src/index.js'
import { fakeClock } from '../../../../src/testing/fake-clock.js'
import { createTestClient } from '../../../../src/testing/test-client.js'
import { later } from '../../../support/later.js'
import { type Client, cartOf, hold, justBefore, login, outcomeOf, schema, setUp, userOf } from './kit.js'

const down = () => Promise.reject(new Error('down'))
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** A second tab of the same browser. */
function tabOf(other: Client, tab: Client): Client {
  tab.cookie = other.cookie
  return tab
}

describe('a record that cannot be read', () => {
  const from = z.object({ userId: z.string().optional(), theme: z.string().optional() })
  const to = z.object({ userId: z.string().optional(), color: z.string().optional() })
  const up = migration(from, to, ({ theme, userId }) => {
    if (theme === 'odd') throw new Error('cannot')
    return { userId }
  })
  async function withOddRecord(options: {
    maxPerSubject?: number
    onLimit?: 'oldest' | 'refuse'
    rotateEvery?: number
  }) {
    const clock = fakeClock()
    const base = { store: memoryStore(), clock, subject: 'userId' } as const
    const now = defineSession(to, { ...base, ...options, version: 2, migrations: [up] })
    const browser = createTestClient(now)
    await browser.request((session) => session.set('userId', 'ann'))
    await createTestClient(defineSession(from, base)).request((session) => {
      session.set('userId', 'ann')
      session.set('theme', 'odd')
    })
    return { clock, now, browser }
  }

  it.each(['oldest', 'refuse'] as const)('keeps nobody from logging in elsewhere (%s)', async (onLimit) => {
    const { now } = await withOddRecord({ maxPerSubject: 5, onLimit })
    const other = createTestClient(now)
    await other.request((session) => session.set('userId', 'ann'))
    expect((await other.request((session) => session.get('userId'))).value).toBe('ann')
  })

  it('fails no request of another session that rotates', async () => {
    const { browser, clock } = await withOddRecord({ maxPerSubject: 5, rotateEvery: 600 })
    clock.advance(700)
    expect((await browser.request((session) => session.get('userId'))).value).toBe('ann')
  })

  it('is in the list without its data, and can be ended', async () => {
    const { now } = await withOddRecord({})
    const odd = (await now.subjects.list('ann')).filter(({ data }) => data === undefined)
    expect(odd).toHaveLength(1)
    expect(await odd[0]?.revoke()).toBe(true)
  })

  it('counts, also when it is of a codec unknown here', async () => {
    const base = { store: memoryStore(), subject: 'userId', maxPerSubject: 1, onLimit: 'refuse' } as const
    const newer = createTestClient(defineSession(schema, { ...base, codec: json() }))
    await newer.request((session) => session.set('userId', 'ann'))
    const older = createTestClient(defineSession(schema, base))
    expect(await outcomeOf(older.request((session) => session.set('userId', 'ann')))).toBe('ERR_SESSION_LIMIT')
  })
})

describe('a rotation whose last look fails', () => {
  it.each(['ignore', 'revoke'] as const)('tells the client its new id all the same (onReuse %s)', async (onReuse) => {
    for (const limited of [true, false]) {
      const { client, clock, watched } = setUp({ rotateEvery: 600, onReuse, unlimited: !limited })
      const browser = client()
      await login(browser)
      clock.advance(700)
      // The third read is the epoch's after the move.
      if (limited) justBefore(watched, 'bySubject', down)
      else justBefore(watched, 'read', down, 3)
      expect(await userOf(browser)).toBe('ann')
      watched.before = () => undefined
      clock.advance(120)
      expect(await userOf(browser)).toBe('ann')
    }
  })

  it('also when it is the answer of the forward that got lost', async () => {
    const { client, clock, watched } = setUp({ unlimited: true, rotateEvery: 600 })
    const browser = client()
    await login(browser)
    clock.advance(700)
    const { store } = watched
    const { update, read } = store
    store.update = async (...args) => {
      await update(...args)
      store.update = update
      store.read = async () => {
        store.read = read
        throw new Error('lost')
      }
      throw new Error('lost')
    }
    expect(await userOf(browser)).toBe('ann')
    clock.advance(120)
    expect(await userOf(browser)).toBe('ann')
  })
})

describe('a revocation that died half-way', () => {
  async function died(options: Parameters<typeof setUp>[0]) {
    const set = setUp({ unlimited: true, storeTimeout: 100, ...options })
    const browser = set.client()
    await login(browser)
    set.clock.advance(700)
    set.watched.before = (call) => (call === 'bySubject' || call === 'update' ? down() : undefined)
    await expect(set.definition.subjects.revoke('ann')).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
    set.watched.before = () => undefined
    return { ...set, browser }
  }

  it('lets a rotation by itself wait for a later request', async () => {
    const { browser } = await died({ rotateEvery: 600 })
    const { cookie } = browser
    expect(await userOf(browser)).toBe('ann')
    expect(browser.cookie).toBe(cookie)
    later(61_000)
    expect(await userOf(browser)).toBe('ann')
    expect(browser.cookie).not.toBe(cookie)
  })

  it('refuses a regenerate() and ends nothing', async () => {
    const { browser } = await died({})
    const renewal = () => outcomeOf(browser.request((session) => session.regenerate()))
    expect(await renewal()).toBe('ERR_SESSION_CONFLICT')
    expect(await userOf(browser)).toBe('ann')
    later(61_000)
    expect([await renewal(), await userOf(browser)]).toEqual(['in', 'ann'])
  })
})

describe('a lock holds although the id changes', () => {
  it.each(['beside it', 'at its end'])('when it rotates %s', async (when) => {
    const { client, clock, definition } = setUp({ unlimited: true, rotateEvery: 600 })
    const browser = client()
    await login(browser)
    clock.advance(700)
    let [inside, most] = [0, 0]
    const handle = async (cookie: string) => {
      let sent = cookie
      const scope = new RequestSessions()
      const header = (name: string) => (name === 'Cookie' ? cookie : undefined)
      await scope.use(definition, { header }, { lock: true })
      most = Math.max(most, ++inside)
      await sleep(40)
      inside--
      await scope.commit(200, {
        setHeader() {},
        setDefault() {},
        vary() {},
        setCookie: (_, line) => void (sent = line.split(';')[0] ?? ''),
      })
      return sent
    }
    const first = handle(browser.cookie)
    await sleep(5)
    if (when === 'beside it') await userOf(browser)
    const second = handle(browser.cookie)
    const third = handle(await first)
    await Promise.all([second, third])
    expect(most).toBe(1)
  })
})

describe("onLimit 'refuse'", () => {
  it('takes a double click at the last seat for one login', async () => {
    const { client } = setUp({ onLimit: 'refuse', maxPerSubject: 2 })
    await login(client())
    const visitor = client()
    await visitor.request((session) => session.set('cart', 'x'))
    const twin = tabOf(visitor, client())
    expect(await Promise.all([outcomeOf(login(visitor)), outcomeOf(login(twin))])).toEqual(['in', 'in'])
  })

  it('J9 gives a flash back that a refused login has taken and kept', async () => {
    const { client } = setUp({ onLimit: 'refuse' })
    await login(client())
    const visitor = client()
    await visitor.request((session) => {
      session.set('cart', 'x')
      session.flash.set('note', 'hello')
    })
    const refused = visitor.request(async (session) => {
      await session.flash.take('note')
      session.flash.keep('note')
      session.set('userId', 'ann')
    })
    expect(await outcomeOf(refused)).toBe('ERR_SESSION_LIMIT')
    expect((await visitor.request((session) => session.flash.take('note'))).value).toBe('hello')
  })

  it('keeps what is set while a refused save() is under way', async () => {
    const { client } = setUp({ onLimit: 'refuse' })
    await login(client())
    const visitor = client()
    await visitor.request((session) => session.set('cart', 'x'))
    await visitor.request(async (session) => {
      session.set('userId', 'ann')
      const saving = outcomeOf(session.save())
      session.set('cart', 'later')
      expect(await saving).toBe('ERR_SESSION_LIMIT')
    })
    expect([await userOf(visitor), await cartOf(visitor)]).toEqual([undefined, 'later'])
  })

  it('whoever takes a turn over from a slow login counts again, too', async () => {
    const { client, watched, definition } = setUp({ onLimit: 'refuse' })
    const [slow, fast] = [client(), client()]
    for (const each of [slow, fast]) await each.request((session) => session.set('cart', 'x'))
    const gates: (() => void)[] = []
    watched.before = (call) =>
      call === 'update' && gates.length < 3 ? new Promise<void>((resolve) => void gates.push(resolve)) : undefined
    const opened = async (n: number) => {
      while (gates.length <= n) await sleep(1)
      return gates[n]?.()
    }
    const slowLogin = outcomeOf(login(slow))
    while (gates.length < 1) await sleep(1)
    const fastLogin = outcomeOf(login(fast))
    await sleep(20)
    later(31_000)
    // The second update takes the turn over, the third is the fast login's own.
    await opened(1)
    while (gates.length < 3) await sleep(1)
    await opened(0)
    await slowLogin
    await opened(2)
    await fastLogin
    expect((await definition.subjects.list('ann')).length).toBeLessThan(2)
  })

  it('counts a regenerate({ keep }) that makes the session another subject’s', async () => {
    const { client, definition } = setUp({
      onLimit: 'refuse',
      subject: ({ cart, userId }) => cart ?? userId,
    })
    const [admin, other] = [client(), client()]
    await admin.request((session) => {
      session.set('userId', 'ann')
      session.set('cart', 'as bob')
    })
    await login(other)
    const renewal = admin.request((session) => session.regenerate({ keep: ['userId'] }))
    expect(await outcomeOf(renewal)).toBe('ERR_SESSION_LIMIT')
    expect(await definition.subjects.list('ann')).toHaveLength(1)
  })
})

describe('a login that is taken back', () => {
  it.each([{ unlimited: true }, {}])('J12 law 2 stays so when its write arrives late (%o)', async (options) => {
    const { client, watched, definition } = setUp({ ...options, storeTimeout: 50 })
    const visitor = client()
    await visitor.request((session) => session.set('cart', 'x'))
    const { release } = hold(watched, 'update')
    expect(await outcomeOf(login(visitor))).toBe('ERR_SESSION_STORE_TIMEOUT')
    watched.before = () => undefined
    await definition.subjects.revoke('ann')
    await login(client())
    release()
    await sleep(10)
    expect([await userOf(visitor), await cartOf(visitor)]).toEqual([undefined, 'x'])
    expect(await definition.subjects.list('ann')).toHaveLength(1)
  })

  it('never goes back to another subject, past its revocation or its maximum', async () => {
    for (const meanwhile of ['revoke', 'login'] as const) {
      const { client, clock, watched, definition } = setUp()
      const browser = client()
      await login(browser, 'bob')
      clock.advance(1)
      justBefore(watched, 'bySubject', async () => {
        watched.before = () => undefined
        await (meanwhile === 'revoke' ? definition.subjects.revoke('bob') : login(client(), 'bob'))
        throw new Error('down')
      })
      expect(await outcomeOf(login(browser))).toBe('ERR_SESSION_STORE')
      expect(await userOf(browser)).toBeUndefined()
      expect(await definition.subjects.list('bob')).toHaveLength(meanwhile === 'revoke' ? 0 : 1)
    }
  })

  it('does not undo the touch of another request', async () => {
    const { client, watched, clock } = setUp({ touchAfter: 10 })
    const visitor = client()
    await visitor.request((session) => session.set('cart', 'x'))
    clock.advance(3500)
    const tab = tabOf(visitor, client())
    justBefore(watched, 'bySubject', down)
    const failing = visitor.request(async (session) => {
      await cartOf(tab)
      clock.advance(50)
      session.set('userId', 'ann')
    })
    expect(await outcomeOf(failing)).toBe('ERR_SESSION_STORE')
    watched.before = () => undefined
    clock.advance(200)
    expect(await cartOf(tab)).toBe('x')
  })
})

it('a server without a maximum gives a session that changes its subject a new seat', async () => {
  const { clock, client, watched } = setUp({ maxPerSubject: 2 })
  const free = createTestClient(defineSession(schema, { store: watched.store, clock, subject: 'userId' }))
  const [first, second, third] = [client(), client(), client()]
  await login(first, 'ann')
  clock.advance(60)
  await login(second, 'bob')
  clock.advance(60)
  free.cookie = first.cookie
  await free.request((session) => session.set('userId', 'bob'))
  clock.advance(60)
  await login(third, 'bob')
  expect(await Promise.all([first, second, third].map(userOf))).toEqual(['bob', undefined, 'bob'])
})

it("J9 law 3: with flashMode 'next-request' a flash that was there once the lock was free is shown once", async () => {
  const { client, definition } = setUp({ unlimited: true, flashMode: 'next-request' })
  const browser = client()
  await login(browser)
  const show = async (write: boolean) => {
    const scope = new RequestSessions()
    const header = (name: string) => (name === 'Cookie' ? browser.cookie : undefined)
    const session = await scope.use(definition, { header }, { lock: true })
    const shown = session.flash.peek('note')
    if (write) session.flash.set('note', 'Saved')
    await sleep(10)
    await scope.commit(200, { setHeader() {}, setDefault() {}, vary() {}, setCookie() {} })
    return shown
  }
  expect(await Promise.all([show(true), show(false)])).toEqual([undefined, 'Saved'])
  expect(await show(false)).toBeUndefined()
})
