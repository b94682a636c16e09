import assert from 'node:assert/strict'
import { isCollectable, type SessionStore } from '../../stores/port.js'
import { fc } from '../fast-check.js'
import { createTestClient } from '../test-client.js'
import { future, type Law, needed } from './harness.js'
import { idleMs, look, maxAgeMs, observed, type Sessions, sessionsOver } from './sessions.js'

const minute = 60_000

/**
 * Two app servers on one store whose clocks differ. What is promised:
 * - A server serves no session from the stored deadline on, by its own clock, and until then it does. Reading an expired
 *   one changes nothing, so a server whose clock is behind still has it.
 * - A touch moves the stored deadline forward only. A write sets it to the writer's clock plus the idle time. So on every
 *   server a session lives for the idle time since its last use, give or take the difference of the clocks.
 * - The absolute deadline is the creator's, stored in the record: nobody moves it.
 * - What was destroyed or collected by one clock comes back by none.
 */
export const skewLaws = {
  "a session ends at its deadline by the reader's own clock, and reading it then changes nothing": async ({
    store,
  }) => {
    for (const skew of [-7 * minute, 7 * minute]) {
      const { servers, time, live } = twoServers(store, skew)
      const cookie = await begin(servers[0])
      const [key] = await live()
      const before = await store.read(needed(key, 'a record'))
      const deadline = time.now + idleMs
      for (const ahead of [0, skew, 0]) {
        const server = servers[ahead === 0 ? 0 : 1]
        time.now = deadline - ahead - 1
        assert.equal((await look(server, cookie)).get('n'), 1, 'a millisecond before the deadline it is served')
        time.now = deadline - ahead
        assert.equal((await look(server, cookie)).isNew, true, 'at the deadline it is not')
        await createTestClient(server).request((session) => assert.ok(session.isNew), { cookie })
        assert.deepEqual(await store.read(needed(key, 'a record')), before)
      }
    }
  },
  'a touch by a server whose clock is behind moves no deadline back, and none passes the absolute one': async ({
    store,
  }) => {
    for (const skew of [-7 * minute, 7 * minute]) {
      const { servers, time, live, clockOf } = twoServers(store, skew)
      const start = time.now
      const cookie = await begin(servers[0])
      const [key] = await live()
      let deadline = start + idleMs
      for (let step = 0; step < 16; step++) {
        const at = step % 2
        const server = servers[at === 0 ? 0 : 1]
        const alive = clockOf(at) < deadline
        await createTestClient(server).request(
          (session) => {
            assert.equal(session.isNew, !alive, `step ${step}`)
            if (alive) session.touch()
          },
          { cookie },
        )
        if (alive) deadline = Math.max(deadline, Math.min(clockOf(at) + idleMs, start + maxAgeMs))
        assert.equal((await store.read(needed(key, 'a record')))?.expiresAt, deadline, `step ${step}`)
        time.now += 4.5 * minute
      }
    }
  },
  'what a server whose clock is ahead destroyed or collected, one whose clock is behind does not bring back': async ({
    store,
  }) => {
    for (const end of ['destroy', 'collect'] as const) {
      for (const act of ['read', 'touch', 'write', 'take'] as const) {
        const { servers, time, live } = twoServers(store, 7 * minute)
        const [behind, ahead] = servers
        const cookie = await begin(behind)
        // For the server whose clock is ahead it has expired, or is about to.
        const collects = end === 'collect' && isCollectable(store)
        time.now += collects ? 4 * minute : 2 * minute
        await createTestClient(behind).request(
          async (session) => {
            assert.equal(session.get('n'), 1)
            if (collects) await ahead.collectGarbage()
            else await createTestClient(ahead).request((other) => other.destroy(), { cookie })
            if (act === 'touch') session.touch()
            if (act === 'write') session.set('n', 2)
            if (act === 'take') assert.equal(await session.flash.take('note'), undefined)
          },
          { cookie },
        )
        assert.deepEqual(await live(), [], `${end}, then ${act}`)
        assert.equal((await look(behind, cookie)).isNew, true)
      }
    }
  },
  'whatever two servers with different clocks do with a session, its stored deadline tells what each finds': async ({
    store,
  }) => {
    const step = fc.record({
      server: fc.constantFrom(0 as const, 1 as const),
      act: fc.constantFrom('read', 'touch', 'write', 'regenerate'),
      // In milliseconds, mostly less than the idle time.
      wait: fc.oneof(fc.integer({ min: 0, max: 6 * minute }), fc.constantFrom(0, 1, idleMs - 1, idleMs)),
    })
    const skew = fc.integer({ min: -9 * minute, max: 9 * minute })
    await fc.assert(
      fc.asyncProperty(
        skew,
        fc.array(step, { minLength: 2, maxLength: 16, size: 'max' }),
        async (difference, steps) => {
          const { servers, time, clockOf } = twoServers(store, difference)
          let cookie = await begin(servers[0])
          let model = { n: 1, deadline: time.now + idleMs, absolute: time.now + maxAgeMs }
          for (const { server, act, wait } of steps) {
            time.now += wait
            const now = clockOf(server)
            const alive = now < model.deadline
            const client = createTestClient(servers[server])
            client.cookie = cookie
            await client.request(async (session) => {
              assert.equal(session.isNew, !alive)
              assert.equal(session.get('n'), alive ? model.n : 0)
              if (act === 'touch' && alive) session.touch()
              if (act === 'write') session.update('n', (n) => n + 1)
              if (act === 'regenerate') await session.regenerate()
            })
            cookie = client.cookie
            if (act === 'write' && !alive) model = { n: 1, deadline: now + idleMs, absolute: now + maxAgeMs }
            if (!alive) continue
            if (act === 'regenerate') model = { n: model.n, deadline: now + idleMs, absolute: now + maxAgeMs }
            const used = Math.min(now + idleMs, model.absolute)
            model.deadline = act === 'write' ? used : Math.max(model.deadline, used)
            if (act === 'write') model.n++
          }
        },
      ),
      { numRuns: 30 },
    )
  },
} satisfies Record<string, Law>

/** Two app servers over one store; the clock of the second is `skew` milliseconds ahead of the first's. */
function twoServers(store: SessionStore, skew: number) {
  const time = { now: future }
  const clockOf = (server: number) => time.now + (server === 0 ? 0 : skew)
  const { store: seen, live } = observed(store)
  const servers = [sessionsOver(seen, () => clockOf(0)), sessionsOver(seen, () => clockOf(1))] as const
  return { servers, time, clockOf, live }
}

/** Begins a session with n = 1; answers its cookie. */
async function begin(sessions: Sessions): Promise<string> {
  const client = createTestClient(sessions)
  await client.request((session) => session.set('n', 1))
  return client.cookie
}
