import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession } from '../../src/define.js'
import type { SessionOptions } from '../../src/session/definition/options.js'
import { memoryStore } from '../../src/stores/memory.js'
import { fakeClock } from '../../src/testing/fake-clock.js'
import { createTestClient, type TestClient } from '../../src/testing/test-client.js'
import { runs } from '../support/long.js'
import { type Around, type Fault, losing, storeAround } from '../support/store-around.js'

const schema = z.object({ userId: z.string().optional(), n: z.number().default(0) })
const flash = z.object({ note: z.number() })
const RUNS = runs(500)

type Options = Pick<
  SessionOptions<undefined, typeof schema>,
  'subject' | 'maxPerSubject' | 'onLimit' | 'rotateEvery' | 'rotateGrace' | 'signIds' | 'secrets'
>
type Handle = Parameters<Parameters<TestClient<typeof schema, typeof flash>['request']>[0]>[0]

/** What the store may hold of the session that the client has the cookie of; `null` when there is none. */
type World = { readonly n: number; readonly userId?: string | undefined; readonly note?: number } | null

interface Operation {
  readonly run: (session: Handle, value: number) => unknown
  /** What is stored once the call itself has returned. */
  readonly atOnce?: (world: World, value: number) => World
  /** What the response stores on top, if it is no 5xx. */
  readonly later?: (world: World, value: number) => World
}

const blank = { n: 0 }
const operations: Record<string, Operation> = {
  read: { run: () => {} },
  set: { run: (session, value) => session.set('n', value), later: (world, n) => ({ ...(world ?? blank), n }) },
  save: {
    run: (session, value) => {
      session.set('n', value)
      return session.save()
    },
    atOnce: (world, n) => ({ ...(world ?? blank), n }),
  },
  'log in': {
    run: (session, value) => {
      session.set('userId', `user ${value % 2}`)
      return session.regenerate()
    },
    later: (world, value) => ({ ...(world ?? blank), userId: `user ${value % 2}` }),
  },
  'log out': { run: (session) => session.destroy(), atOnce: () => null },
  rotate: { run: (session) => session.rotate() },
  'set a flash': {
    run: (session, value) => session.flash.set('note', value),
    later: (world, note) => ({ ...(world ?? blank), note }),
  },
}
const takeFlash = 'take a flash'

interface Step {
  readonly operation: string
  readonly status: number
  /** Which store calls fail, and whether they have reached the store. */
  readonly faults: readonly Fault[]
}

const step: fc.Arbitrary<Step> = fc.record({
  operation: fc.constantFrom(...Object.keys(operations), 'set a flash', takeFlash, takeFlash),
  status: fc.constantFrom(200, 200, 200, 500),
  faults: fc.oneof(
    { arbitrary: fc.constant([]), weight: 2 },
    {
      arbitrary: fc.array(fc.record({ call: fc.integer({ min: 0, max: 9 }), landed: fc.boolean() }), { maxLength: 2 }),
      weight: 4,
    },
    // The first read is made once more, so one fault alone is rarely an outage.
    { arbitrary: fc.constant([0, 1].map((call) => ({ call, landed: false }))), weight: 1 },
  ),
})

function setUp({ move = true, ...options }: Options & { readonly move?: boolean }) {
  const store = memoryStore()
  const clock = fakeClock()
  let faults: Step['faults'] = []
  let calls = 0
  const around: Around = (_, run) => {
    const call = calls++
    return losing(
      faults.find((each) => each.call === call),
      run,
    )
  }
  const definition = defineSession(schema, {
    flash,
    store: storeAround(store, around, { move }),
    clock,
    autoCollect: false,
    cookie: { secure: false },
    ...options,
  })
  const client = createTestClient(definition)

  /** One request. The app goes on if a call fails; then `failed` is `call`. */
  async function play({ operation, status, faults: next }: Step, value: number): Promise<Result> {
    clock.advance(1)
    faults = next
    calls = 0
    let seen: World | undefined
    let took: number | undefined
    let failed: Result['failed']
    const met = () => faults.some(({ call }) => call < calls)
    const known = (error: unknown) => {
      if (!met() || !(error as { code?: string }).code?.startsWith('ERR_SESSION_')) throw error
    }
    try {
      await client.request(
        async (session) => {
          seen = session.isNew ? null : { ...session.data, ...noteOf(session.flash.peek('note')) }
          try {
            if (operation === takeFlash) took = await session.flash.take('note')
            else await operations[operation]?.run(session, value)
          } catch (error) {
            known(error)
            failed = 'call'
          }
        },
        { status },
      )
    } catch (error) {
      known(error)
      failed ??= 'response'
    }
    return { seen, took, failed, met: met() }
  }

  return { play }
}

interface Result {
  /** What the request was shown; undefined when not even that. */
  readonly seen: World | undefined
  readonly took: number | undefined
  readonly failed: 'call' | 'response' | undefined
  /** Whether a store call has failed. */
  readonly met: boolean
}

const noteOf = (note: number | undefined) => (note === undefined ? {} : { note })

/** What may be stored after a request. */
function worldsAfter(before: World, { operation, status }: Step, value: number, result: Result): readonly World[] {
  const { took, failed, met } = result
  if (operation === takeFlash) {
    const { note: _, ...rest } = before ?? { ...blank, note: took }
    const without = before && rest
    if (failed || (met && status >= 500)) return [before, without]
    return [took === undefined || status >= 500 ? before : without]
  }
  const { atOnce = (world: World) => world, later = (world: World) => world } = operations[operation] ?? {}
  const returned = atOnce(before, value)
  if (!failed) return [status < 500 ? later(returned, value) : returned]
  const moves = operation === 'log in' || operation === 'rotate'
  // A new privilege must not be stored under the id that it was to leave, also if the app goes on after the error.
  const stored = operation === 'log in' && failed === 'call' ? [before] : [before, returned, later(returned, value)]
  // The new id may be stored, and nobody has been told of it.
  return moves ? [...stored, null] : stored
}

describe.each([
  ['plain', {}],
  ['two logins per user', { subject: 'userId', maxPerSubject: 2 }],
  ['ids that change by themselves', { rotateEvery: 1, rotateGrace: 3 }],
  ['a store that moves nothing in one step', { subject: 'userId', move: false }],
] as const)('one request after the other, on a store that fails at times: %s', (_, options) => {
  it(`law 9, law 3: what is confirmed is stored, once delivered is delivered once (${RUNS} histories)`, async () => {
    const counts = { requests: 0, errors: 0, absorbed: 0 }
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 14 }), async (steps) => {
        const browser = setUp(options)
        let worlds: readonly World[] = [null]
        const delivered = new Set<number>()
        for (const [index, step] of steps.entries()) {
          const result = await browser.play(step, index + 1)
          counts.requests++
          if (result.failed) counts.errors++
          else if (result.met) counts.absorbed++
          const { seen, took } = result
          if (seen === undefined) continue
          expect(worlds).toContainEqual(seen)
          worlds = worldsAfter(seen, step, index + 1, result)
          if (took === undefined || result.failed || step.status >= 500) continue
          expect(delivered).not.toContain(took)
          delivered.add(took)
        }
      }),
      { numRuns: RUNS },
    )
    // Otherwise the property says little.
    expect(counts.errors).toBeGreaterThan(counts.requests / 20)
    expect(counts.absorbed).toBeGreaterThan(counts.requests / 100)
  }, 600_000)
})
