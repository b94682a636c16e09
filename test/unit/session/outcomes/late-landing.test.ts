import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineSession } from '../../../../src/define.js'
import { memoryStore } from '../../../../src/stores/memory.js'
import { fakeClock } from '../../../../src/testing/fake-clock.js'
import { createTestClient } from '../../../../src/testing/test-client.js'
import { countingStore } from '../../../support/counting-store.js'
import { sizeOf } from '../../../support/sessions-in.js'

type Call = 'touch' | 'update' | 'move'

const IDLE = 100
/** Seconds before the deadline: with time to spare for `storeTimeout` (5 s), and without. */
const EARLY = 11
const LATE = 1

/** A session that was stored some seconds before its deadline. `slow` decides what each call does before it reaches the store. */
async function setUp(before: number, slow: (call: Call) => Promise<void> | void) {
  const clock = fakeClock()
  const real = memoryStore()
  const heard: string[] = []
  let ready = false
  const { store, calls } = countingStore(real, async (call) => {
    if (ready && (call === 'touch' || call === 'update' || call === 'move')) await slow(call)
  })
  const definition = defineSession(z.object({ n: z.number().default(0) }), {
    store,
    clock,
    idleTimeout: IDLE,
    cookie: { secure: false },
    autoCollect: false,
    hooks: { gone: () => heard.push('gone'), storeError: () => heard.push('storeError') },
  })
  const client = createTestClient(definition)
  await client.request((session) => session.set('n', 1))
  clock.advance(IDLE - before)
  ready = true
  calls.length = 0
  return { client, clock, real, heard, calls }
}

/** The same, where the next call of that name takes until long after the deadline. */
async function setUpSlow(before: number, slow: Call) {
  const made = await setUp(before, (call) => {
    if (call === slow) made.clock.advance(IDLE)
  })
  return made
}

describe('law 2: what arrives after the deadline brings nothing back', () => {
  it.each([
    ['renewal', 'touch', EARLY],
    ['renewal just before the deadline', 'update', LATE],
    ['write', 'update', LATE],
  ] as const)('a %s that was sent in time', async (what, slow, before) => {
    const { client, real, heard } = await setUpSlow(before, slow)
    await client.request((session) => {
      if (what === 'write') session.set('n', 2)
    })
    expect([real.size, heard]).toEqual([0, ['gone']])
    expect((await client.request((session) => session.isNew)).value).toBe(true)
  })

  it('a renewal that fails, but had reached the store', async () => {
    const { client, clock, real, heard } = await setUp(EARLY, () => {})
    const { touch } = real
    real.touch = async (...args) => {
      clock.advance(IDLE)
      await touch.apply(real, args)
      throw new Error('lost on its way back')
    }
    await client.request(() => {})
    expect([real.size, heard]).toEqual([0, ['storeError', 'gone']])
  })

  it('a new id that was asked for in time', async () => {
    const { client, real } = await setUpSlow(LATE, 'move')
    const { cookie } = client
    await expect(client.request((session) => session.regenerate())).rejects.toMatchObject({ code: 'ERR_SESSION_GONE' })
    expect([await sizeOf(real), client.cookie]).toEqual([0, cookie])
  })

  it('and save() says so', async () => {
    const { client } = await setUpSlow(LATE, 'update')
    const saving = client.request(async (session) => {
      session.set('n', 2)
      await session.save()
    })
    await expect(saving).rejects.toMatchObject({ code: 'ERR_SESSION_GONE' })
  })
})

describe('law 6: a renewal in time stands, though that of another request is late', () => {
  it.each(['before', 'after'] as const)('which reaches the store %s it', async (order) => {
    const { client, clock, real, heard } = await setUp(LATE, () => {})
    const { update } = real
    const inTime = held()
    const late = held()
    const first = client.request(() => inTime.hold())
    await inTime.reached
    real.update = async (...args) => {
      real.update = update
      const answer = order === 'before' ? await update.apply(real, args) : undefined
      await late.hold()
      return answer ?? update.apply(real, args)
    }
    const second = client.request(() => {})
    await late.reached
    inTime.release()
    await first
    clock.advance(LATE)
    late.release()
    await second
    expect(heard).toEqual([])
    clock.advance(IDLE - LATE - 1)
    expect((await client.request((session) => session.get('n'))).value).toBe(1)
  })

  it('a renewal with time to spare is a touch, one without is a write of what is stored', async () => {
    for (const [before, call] of [
      [EARLY, 'touch'],
      [LATE, 'update'],
    ] as const) {
      const { client, clock, calls } = await setUp(before, () => {})
      await client.request((session) => expect(session.get('n')).toBe(1))
      expect(calls).toEqual(['read', call])
      clock.advance(IDLE - 1)
      await client.request((session) => expect(session.get('n')).toBe(1))
    }
  })

  it('law 8: what the schema does not know or refuses is written back as it was', async () => {
    const { client, clock, real } = await setUp(LATE, () => {})
    const other = createTestClient(
      defineSession(z.object({ n: z.string().default('none'), m: z.number().default(0) }), {
        store: real,
        clock,
        idleTimeout: IDLE,
        onInvalid: 'hide-key',
        cookie: { secure: false },
      }),
    )
    other.cookie = client.cookie
    expect((await other.request((session) => session.get('n'))).value).toBe('none')
    clock.advance(LATE)
    expect((await client.request((session) => session.get('n'))).value).toBe(1)
  })

  it('one that fails costs nothing but time, and the hook hears of it once', async () => {
    const { client, clock, heard } = await setUp(LATE, () => {
      throw new Error('down')
    })
    expect((await client.request((session) => session.get('n'))).value).toBe(1)
    expect(heard).toEqual(['storeError'])
    clock.advance(LATE)
    await client.request((session) => expect(session.isNew).toBe(true))
  })
})

/** A point where a step waits until it is let go. */
function held() {
  let release = () => {}
  let arrive = () => {}
  const reached = new Promise<void>((resolve) => (arrive = resolve))
  const released = new Promise<void>((resolve) => (release = resolve))
  const hold = () => {
    arrive()
    return released
  }
  return { hold, reached, release }
}
