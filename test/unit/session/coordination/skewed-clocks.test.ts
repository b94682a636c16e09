import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import * as z from 'zod'
import { RequestSessions } from '../../../../src/edge/request-sessions.js'
import { defineSession, memoryStore } from '../../../../src/index.js'
import { createTestClient } from '../../../../src/testing/test-client.js'
import { later } from '../../../support/later.js'

const schema = z.object({ userId: z.string().optional(), n: z.number().default(0) })
const HOUR = 3_600_000
const skews = [-HOUR, -600_000, -31_000, 31_000, 600_000, HOUR]

/** Servers over one store, each with a clock that is wrong by so many milliseconds. */
function servers(...offsets: number[]) {
  const store = memoryStore()
  const all = offsets.map((offset) =>
    defineSession(schema, {
      store,
      clock: () => Date.now() + offset,
      subject: 'userId',
      storeTimeout: 60,
      idleTimeout: 86_400,
      maxAge: 864_000,
    }),
  )
  return { store, servers: all as [(typeof all)[0], (typeof all)[0]] }
}

/** Keeps the first listing of a subject from returning what it has found. @returns how to let it go on */
function holdFirstListing(store: ReturnType<typeof memoryStore>): () => void {
  let release = () => {}
  const held = new Promise<void>((resolve) => (release = resolve))
  const { bySubject } = store
  let times = 0
  store.bySubject = async function* (subject) {
    const found = []
    for await (const each of bySubject(subject)) found.push(each)
    if (++times === 1) await held
    yield* found
  }
  return () => release()
}

describe.each(skews)('a server whose clock is wrong by %i ms', (skew) => {
  it('does not enter while another has the lock, and the lock of one that died runs out by its own clock', async () => {
    const { servers: pair } = servers(skew, 0)
    const [holder, waiter] = pair
    const browser = createTestClient(holder)
    await browser.request((session) => session.set('n', 1))
    const open = (server: typeof holder) =>
      new RequestSessions().use(server, { header: () => browser.cookie }, { lock: true })
    await open(holder)
    await expect(open(waiter)).rejects.toMatchObject({ code: 'ERR_SESSION_CONFLICT' })
    later(30_000)
    expect((await open(waiter)).get('n')).toBe(1)
  })

  it('has no new id for a session that another one is revoking, however long that takes', async () => {
    const { servers: pair, store } = servers(skew, 0)
    const [revoker, mover] = pair
    const browser = createTestClient(mover)
    await browser.request((session) => session.set('userId', 'ann'))
    const release = holdFirstListing(store)
    const slow = revoker.with({ storeTimeout: 60_000 })
    const revocation = slow.subjects.revoke('ann')
    await sleep(5)
    const move = browser.request((session) => session.regenerate())
    await expect(move).rejects.toMatchObject({ code: 'ERR_SESSION_CONFLICT' })
    release()
    expect(await revocation).toBe(1)
    expect((await browser.request((session) => session.isNew)).value).toBe(true)
  })
})

it('a revocation that lasts for minutes shows that it is alive, and every request that wants a new id waits', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const { servers: pair, store } = servers(0, 0)
  const [revoker, mover] = pair
  const browser = createTestClient(mover)
  await browser.request((session) => session.set('userId', 'ann'))
  const release = holdFirstListing(store)
  const revocation = revoker.with({ storeTimeout: 600_000 }).subjects.revoke('ann')
  for (let seconds = 0; seconds < 150; seconds += 10) {
    const outcome = browser.request((session) => session.regenerate()).catch((error: { code?: string }) => error.code)
    await sleep(5)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await outcome).toBe('ERR_SESSION_CONFLICT')
  }
  release()
  expect(await revocation).toBe(1)
  expect((await browser.request((session) => session.isNew)).value).toBe(true)
})

it('a revocation that was taken for dead lists again: no session that moved past it stays', async () => {
  const { servers: pair, store } = servers(0, 0)
  const [revoker, mover] = pair
  const browser = createTestClient(mover)
  await browser.request((session) => session.set('userId', 'ann'))
  const release = holdFirstListing(store)
  const revocation = revoker.with({ storeTimeout: 60_000 }).subjects.revoke('ann')
  await sleep(5)
  const moving = browser.request((session) => session.regenerate())
  await expect(moving).rejects.toMatchObject({ code: 'ERR_SESSION_CONFLICT' })
  // Its process stands still: no sign of life for a minute.
  later(61_000)
  await browser.request((session) => session.regenerate())
  release()
  expect(await revocation).toBe(1)
  expect((await browser.request((session) => session.isNew)).value).toBe(true)
})

it('of two revocations the shorter one does not end the longer one', async () => {
  const { servers: pair, store } = servers(0, 0)
  const [revoker, mover] = pair
  const browser = createTestClient(mover)
  await browser.request((session) => session.set('userId', 'ann'))
  const id = browser.cookie.split('=')[1] ?? ''
  const release = holdFirstListing(store)
  const longer = revoker.with({ storeTimeout: 60_000 }).subjects.revoke('ann')
  await sleep(5)
  expect(await mover.subjects.revoke('ann', { except: { ref: 'unknown', id } })).toBe(0)
  const moving = browser.request((session) => session.regenerate())
  await expect(moving).rejects.toMatchObject({ code: 'ERR_SESSION_CONFLICT' })
  release()
  expect(await longer).toBe(1)
  expect((await browser.request((session) => session.isNew)).value).toBe(true)
})
