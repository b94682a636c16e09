import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { isRedirect } from '../../src/codec/redirect.js'
import { defineSession } from '../../src/define.js'
import type { SessionOptions } from '../../src/session/definition/options.js'
import { memoryStore } from '../../src/stores/memory.js'
import type { StoredRecord } from '../../src/stores/port.js'
import { fakeClock } from '../../src/testing/fake-clock.js'
import { createTestClient, type TestClient } from '../../src/testing/test-client.js'
import { runs } from '../support/long.js'
import { type Around, type Fault, losing, storeAround } from '../support/store-around.js'

const schema = z.object({ born: z.number().optional(), userId: z.string().optional(), n: z.number().default(0) })
const flash = z.object({ note: z.string() })
/** Seconds. More than twice `storeTimeout`, so that renewals are made both ways. */
const IDLE = 14
const TOUCH_AFTER = 2
const MAX_AGE = 60
const RUNS = runs(500)

type Handler = Parameters<TestClient<typeof schema, typeof flash>['request']>[0]
type Handle = Parameters<Handler>[0]

const operations: Record<string, (session: Handle) => unknown> = {
  read: () => {},
  write: (session) => session.update('n', (n) => n + 1),
  save: (session) => {
    session.update('n', (n) => n + 1)
    return session.save()
  },
  touch: (session) => session.touch(),
  login: (session) => {
    session.set('userId', 'ann')
    return session.regenerate()
  },
  rotate: (session) => session.rotate(),
  'set a flash': (session) => session.flash.set('note', 'saved'),
  'take a flash': (session) => session.flash.take('note'),
  'remember for long': (session) => session.remember(30),
  'remember no more': (session) => session.remember(false),
  'expire soon': (session) => session.setExpiry(4),
  destroy: (session) => session.destroy(),
}
/** After these the deadlines are others than those of the definition. */
const OWN_LIFETIME = new Set(['remember for long', 'remember no more', 'expire soon'])

interface Step {
  /** Seconds since the last answer. */
  readonly pause: number
  readonly operation: string
  /** Seconds that the handler takes before and after the operation. */
  readonly thinks: readonly [number, number]
  readonly status: number
  /** Seconds that each store call takes on its way there and back, in turn. */
  readonly latencies: readonly number[]
  /** Which call fails, and whether it has reached the store. */
  readonly fault: Fault | null
}

const seconds = (max: number) => fc.oneof({ arbitrary: fc.constant(0), weight: 2 }, fc.integer({ min: 0, max }))
const step: fc.Arbitrary<Step> = fc.record({
  pause: fc.integer({ min: 0, max: IDLE + 1 }),
  operation: fc.constantFrom('read', 'read', ...Object.keys(operations)),
  thinks: fc.tuple(seconds(3), seconds(3)),
  status: fc.constantFrom(200, 200, 200, 500),
  latencies: fc.array(seconds(6), { minLength: 1, maxLength: 12 }),
  fault: fc.option(fc.record({ call: fc.integer({ min: 0, max: 6 }), landed: fc.boolean() }), { freq: 4 }),
})

/** What may be seen. Sessions are told apart by the number in `born`. */
function createJudge() {
  const ended = new Set<number>()
  let sessions = 0
  let latest: number | undefined
  /** The latest session is there at least until then, in milliseconds since the Unix epoch. */
  let sure = 0

  return {
    end() {
      if (latest !== undefined) ended.add(latest)
      lose()
    },
    lose,
    /** A request is shown a session, or none. */
    see(found: number | undefined, now: number): number {
      if (found !== undefined) expect(ended).not.toContain(found)
      else if (now < sure) expect.unreachable('a session that was used in time is gone')
      if (found !== latest || found === undefined) sure = Number.NEGATIVE_INFINITY
      latest = found ?? ++sessions
      return latest
    },
    /** A request has renewed the session for sure. */
    renew(isNew: boolean, began: number, now: number) {
      if (isNew || now < sure) sure = Math.max(sure, began + (IDLE - TOUCH_AFTER) * 1000)
    },
  }

  /** From now on nobody knows how long the session lives. */
  function lose(): void {
    sure = Number.NEGATIVE_INFINITY
  }
}

type Options = Pick<
  SessionOptions<undefined, typeof schema>,
  'rotateEvery' | 'rotateGrace' | 'subject' | 'maxPerSubject'
>

/** A browser without tabs, and a store that takes its time. */
function setUp({ move = true, ...options }: Options & { readonly move?: boolean }) {
  const clock = fakeClock()
  const store = memoryStore()
  const records = new Map<string, StoredRecord>()
  const buried = new Set<string>()
  let current: Pick<Step, 'latencies' | 'fault'> = { latencies: [0], fault: null }
  let calls = 0
  let expired = false

  /** Lets time pass, and sees whether there is a moment at which no server would show the session. */
  function pass(time: number) {
    clock.advance(time)
    const sessions = [...records].filter(
      // Neither leases, nor forwards, nor notes of where a session went.
      ([key, { bytes }]) => !buried.has(key) && bytes.length > 0 && !isRedirect(bytes) && !key.includes(':m1.'),
    )
    if (sessions.length === 0 || sessions.some(([, { expiresAt }]) => clock() < expiresAt)) return
    expired = true
    for (const [key] of sessions) buried.add(key)
  }
  const around: Around = async (_, run) => {
    const { latencies, fault } = current
    const call = calls++
    pass(latencies[(2 * call) % latencies.length] ?? 0)
    return losing(fault?.call === call ? fault : undefined, async () => {
      const answer = await run()
      records.clear()
      for await (const { key } of store.scan('')) {
        const record = await store.read(key)
        if (record) records.set(key, record)
      }
      pass(latencies[(2 * call + 1) % latencies.length] ?? 0)
      return answer
    })
  }
  const definition = defineSession(schema, {
    flash,
    store: storeAround(store, around, { move }),
    clock,
    idleTimeout: IDLE,
    touchAfter: TOUCH_AFTER,
    maxAge: MAX_AGE,
    autoCollect: false,
    cookie: { secure: false },
    ...options,
  })
  const client = createTestClient(definition)

  /** Whether the session has expired since this was asked last. */
  function hasExpired(): boolean {
    const answer = expired
    expired = false
    return answer
  }

  async function play(step: Step, judge: ReturnType<typeof createJudge>) {
    const { pause, operation, thinks, status, fault } = step
    pass(pause)
    if (hasExpired()) judge.end()
    current = step
    calls = 0
    const began = clock()
    let shown: number | undefined
    let found = false
    let failed = false
    try {
      await client.request(
        async (session) => {
          const born = session.get('born')
          found = born !== undefined
          if (!found && hasExpired()) judge.end()
          shown = judge.see(born, clock())
          if (!found) session.set('born', shown)
          pass(thinks[0])
          await operations[operation]?.(session)
          pass(thinks[1])
        },
        { status },
      )
    } catch (error) {
      const { code } = error as { code?: string }
      if (code !== 'ERR_SESSION_GONE' && !(fault && code === 'ERR_SESSION_STORE')) throw error
      failed = true
    }
    const over = hasExpired()
    if (over || (operation === 'destroy' && !failed)) judge.end()
    // A store that could not even be read has the session as it was.
    if (shown === undefined) return { found, expired: over }
    if (failed || OWN_LIFETIME.has(operation)) judge.lose()
    else if (!over && !fault && status < 500 && operation !== 'destroy') judge.renew(!found, began, clock())
    return { found, expired: over }
  }

  return { play }
}

describe.each([
  ['plain', {}],
  ['ids that change by themselves', { rotateEvery: 4, rotateGrace: 3 }],
  ['one login per user', { rotateEvery: 4, rotateGrace: 3, subject: 'userId', maxPerSubject: 1 }],
  ['a store that moves nothing in one step', { rotateEvery: 4, rotateGrace: 3, move: false }],
] as const)('one request after the other, on a slow store that fails at times: %s', (_, options) => {
  it(`law 2, law 6: what has expired stays so, what is used in time lives (${RUNS} histories)`, async () => {
    const counts = { requests: 0, found: 0, expired: 0 }
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 12 }), async (steps) => {
        const browser = setUp(options)
        const judge = createJudge()
        for (const step of steps) {
          const result = await browser.play(step, judge)
          counts.requests++
          if (result.found) counts.found++
          if (result.expired) counts.expired++
        }
      }),
      { numRuns: RUNS },
    )
    // Otherwise the property says little.
    expect(counts.found).toBeGreaterThan(counts.requests / 10)
    expect(counts.expired).toBeGreaterThan(counts.requests / 20)
  }, 600_000)
})
