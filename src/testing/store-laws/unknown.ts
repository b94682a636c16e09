import assert from 'node:assert/strict'
import type { Arbitrary } from 'fast-check'
import { SessionError } from '../../core/errors.js'
import { isMovable, type SessionStore } from '../../stores/port.js'
import { fc } from '../fast-check.js'
import { createTestClient } from '../test-client.js'
import { future, type Law } from './harness.js'
import { look, observed, portsOf, sessionsOver } from './sessions.js'

/** What becomes of one call: it is answered; it is applied and its answer lost; it never arrives. */
type Fate = 'answered' | 'lost' | 'dropped'
const fate = () => fc.constantFrom<Fate>('answered', 'answered', 'lost', 'dropped')
/** Left to itself, fast-check would mostly make sequences too short for two things to go wrong. */
const long = { minLength: 3, maxLength: 15, size: 'max' } as const
const fates = () => fc.array(fate(), { maxLength: 40, size: 'max' })
const act = () => fc.constantFrom('increment', 'increment', 'flash', 'take', 'regenerate', 'destroy')

/**
 * A connection that breaks leaves the caller without an answer. Sessions settle that by reading which revision is stored,
 * because the writer makes the revision: nothing is sent twice that would count twice.
 */
export const unknownLaws = {
  'a change whose answer is lost counts once, and one that never arrived not at all': async ({ store }) => {
    for (const port of portsOf(store)) {
      const run = fc.asyncProperty(fc.array(act(), long), fates(), (acts, ends) => oneAfterTheOther(port, acts, ends))
      await fc.assert(run, { numRuns: 30 })
    }
  },
  'of parallel requests whose answers are lost every acknowledged change counts, and none counts twice': async ({
    store,
  }) => {
    const together = fc.oneof(
      fc.array(fc.constantFrom('increment', 'take'), { minLength: 2, maxLength: 5 }),
      // A request that comes after a new id would begin a session of its own with an increment.
      fc.array(fc.constantFrom('regenerate', 'take'), { minLength: 2, maxLength: 5 }),
    )
    for (const port of portsOf(store)) {
      const run = fc.asyncProperty(together, fates(), (acts, ends) => allAtOnce(port, acts, ends))
      await fc.assert(run, { numRuns: 30 })
    }
  },
} satisfies Record<string, Law>

type Act = ReturnType<typeof act> extends Arbitrary<infer T> ? T : never

async function oneAfterTheOther(port: SessionStore, acts: readonly Act[], fates: readonly Fate[]) {
  // Reads arrive, or nobody could tell what was applied.
  const { troubled, plain, live, wait } = setUp(port, fates, (call) => call !== 'read')
  const movable = isMovable(port)
  const client = createTestClient(troubled)
  let model: { n: number; note: string | undefined } | undefined
  for (const [i, next] of acts.entries()) {
    wait()
    let taken: string | undefined
    const failure = await failureOf(
      client.request(async (session) => {
        if (next === 'increment') session.update('n', (n) => n + 1)
        if (next === 'flash') session.flash.set('note', `note ${i}`)
        if (next === 'take') taken = await session.flash.take('note')
        if (next === 'regenerate') await session.regenerate()
        if (next === 'destroy') await session.destroy()
      }),
    )
    const count = (await live()).length
    const where = `${next} at ${i}`
    if (failure === undefined) {
      if (next === 'increment') model = { n: (model?.n ?? 0) + 1, note: model?.note }
      if (next === 'flash') model = { n: model?.n ?? 0, note: `note ${i}` }
      if (next === 'take') {
        assert.equal(taken, model?.note, where)
        if (model) model.note = undefined
      }
      if (next === 'destroy') model = undefined
    } else {
      // Without `move`, whoever claimed the old record cannot be told: the session ends, which is the safe side.
      const ends = next === 'regenerate' && !movable
      assert.ok(failure === 'ERR_SESSION_STORE' || (ends && failure === 'ERR_SESSION_GONE'), `${where}: ${failure}`)
      // A destroy that failed twice may have been applied the first time.
      if ((ends || next === 'destroy') && count === 0) model = undefined
    }
    assert.equal(count, model ? 1 : 0, `${where}: the records that live`)
    const found = await look(plain, client.cookie)
    assert.deepEqual([found.get('n'), found.flash.peek('note')], [model?.n ?? 0, model?.note], where)
  }
}

async function allAtOnce(port: SessionStore, acts: readonly Act[], fates: readonly Fate[]) {
  const { troubled, plain, live, wait } = setUp(port, fates, () => true)
  const origin = createTestClient(plain)
  await origin.request((session) => {
    session.set('n', 100)
    session.flash.set('note', 'once')
  })
  wait()
  let acknowledged = 0
  let attempted = 0
  const taken: string[] = []
  const cookies = [origin.cookie]
  const requests = acts.map(async (next) => {
    const client = Object.assign(createTestClient(troubled), { cookie: origin.cookie })
    if (next === 'increment') attempted++
    const failure = await failureOf(
      client.request(async (session) => {
        if (next === 'increment') session.update('n', (n) => n + 1)
        if (next === 'regenerate') await session.regenerate()
        if (next !== 'take') return
        const note = await session.flash.take('note')
        if (note !== undefined) taken.push(note)
      }),
    )
    assert.ok([undefined, 'ERR_SESSION_STORE', 'ERR_SESSION_GONE'].includes(failure), failure)
    if (failure === 'ERR_SESSION_GONE') assert.equal(next, 'regenerate')
    if (failure === undefined && next === 'increment') acknowledged++
    cookies.push(client.cookie)
  })
  await Promise.all(requests)
  const count = (await live()).length
  assert.ok(count <= 1, `${count} records live`)
  if (!acts.includes('regenerate')) {
    const n = (await look(plain, origin.cookie)).get('n') - 100
    assert.ok(acknowledged <= n && n <= attempted, `${n} counted, ${acknowledged} acknowledged of ${attempted}`)
  }
  const waiting: string[] = []
  for (const cookie of new Set(cookies)) waiting.push(...noteOf((await look(plain, cookie)).flash.peek('note')))
  assert.ok(taken.length + waiting.length <= 1, `delivered ${taken.length} times, waits ${waiting.length} times`)
}

const noteOf = (note: string | undefined) => (note === undefined ? [] : [note])

/** Sessions whose store calls end as `fates` say, one after the other, and well from then on; and sessions without trouble. */
function setUp(port: SessionStore, fates: readonly Fate[], may: (call: string) => boolean) {
  let now = future
  let next = 0
  const { store, live } = observed(port, async (call, run) => {
    const end = may(call) ? fates[next++] : undefined
    if (end === 'dropped') throw new Error('The connection broke before the call was sent.')
    const answer = await run()
    if (end === 'lost') throw new Error('The connection broke before the answer came.')
    return answer
  })
  const clock = () => now
  const calm = observed(port)
  return {
    troubled: sessionsOver(store, clock),
    plain: sessionsOver(calm.store, clock),
    live: async () => [...(await live()), ...(await calm.live())],
    /** Time goes on, so that a read touches the record, which may fail as well. */
    wait: () => void (now += 1000),
  }
}

/** The code of the error that `request` ends with. What is no error of a session is a mistake in the law. */
async function failureOf(request: Promise<unknown>): Promise<string | undefined> {
  try {
    await request
    return undefined
  } catch (error) {
    if (error instanceof SessionError) return error.code
    throw error
  }
}
