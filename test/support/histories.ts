import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate } from 'node:timers/promises'
import type fc from 'fast-check'
import { defineSession } from '../../src/define.js'
import { RequestSessions } from '../../src/edge/request-sessions.js'
import type { SessionStore } from '../../src/stores/port.js'
import { fakeClock } from '../../src/testing/fake-clock.js'
import type { Entry, History, Op, Report } from '../chaos/checker.mjs'
import { createDefinitions, perform, policies, strain } from '../chaos/perform.mjs'
import { FOREIGN, plain, type Step, type Tabs } from './histories-steps.js'
import { type Calls, watchCalls } from './histories-watch.js'

export interface PlayOptions {
  /** The connections of the servers, to one place: one request goes to the first, the next to the second, and so on. */
  readonly stores: readonly SessionStore[]
  /** The policy: `strict`, `loose` or `brief`. */
  readonly def: string
  /**
   * Whether the next step may begin while store calls are under way, step by step and again from the start. Where it may not,
   * the scheduler alone decides the order of the calls; where it may, the store has several at once and decides.
   * @default [false]
   */
  readonly overlaps?: readonly boolean[]
  /** A store that breaks a promise, in place of the one it is given. */
  readonly wrap?: (store: SessionStore) => SessionStore
  readonly generateId?: () => string
  /** Told of each error of a request but those by which a session tells that it has ended or changed elsewhere. */
  readonly onFailure?: (error: unknown) => void
}

/** What the request at hand reports. One for all runs: each that exists costs every promise. */
const running = new AsyncLocalStorage<Report>()

/** Stores go by clocks of their own when they remove what has expired: the time played is ahead of theirs. */
const AHEAD_MS = 86_400_000
let plays = 0

/** Plays the tabs of one browser, step by step each, against each other: the scheduler decides which store call is next. */
export async function play(s: fc.Scheduler, tabs: Tabs, options: PlayOptions): Promise<History> {
  const { def, overlaps = [false], wrap = (store) => store, generateId, onFailure } = options
  const clock = fakeClock(Date.now() + AHEAD_MS)
  const entries: Entry[] = []
  let [time, scheduled] = [0, false]
  const tick = () => ++time
  const turn = (call: string) => (scheduled ? s.schedule(Promise.resolve(), call) : undefined)
  const calls = watchCalls()
  // Ids are random, users are not: with users of their own, the histories of one place do not meet.
  const suffix = `-${plays++}`
  const servers = options.stores.map((store) => {
    const strained = strain(calls.watch(wrap(store)), {
      before: turn,
      after: turn,
      report: () => running.getStore(),
      time: tick,
    })
    const definition = createDefinitions(defineSession, strained, {
      clock,
      autoCollect: false,
      names: [def],
      ...(generateId ? { generateId } : {}),
    })[def]
    if (!definition) throw new TypeError(def)
    return definition
  })
  const jar: { id: string | null; old: string[] } = { id: null, old: [] }

  async function request(op: Op, sent: string | null): Promise<Entry> {
    const started = { n: entries.length, def, op, sent, start: tick() }
    const definition = servers[started.n % servers.length] as never
    const clockStart = clock()
    entries.push({ ...started, end: null, outcome: 'unknown', cookies: [] })
    const cookies = new Map<string, string>()
    let report: Report = {}
    let status = op.fail ? 500 : 200
    await running.run(report, async () => {
      const scope = new RequestSessions()
      const header = (name: string) => (name === 'Cookie' && sent !== null ? `${def}=${sent}` : undefined)
      const answer = (error: unknown) => {
        status = (error as { status: number }).status
        if (status !== 409) onFailure?.(error)
        report = report.looked === undefined ? {} : { looked: report.looked }
      }
      const use = () => scope.use(definition, { header }) as never
      await perform({ definition, use, sleep: () => undefined }, { n: started.n, op }, report).catch(answer)
      const setCookie = (set: string, line: string) => cookies.set(set, line.slice(set.length + 1).split(';')[0] ?? '')
      await scope.commit(status, { setHeader() {}, setDefault() {}, vary() {}, setCookie }).catch(answer)
    })
    const answered = {
      end: tick(),
      outcome: 'answered',
      status,
      report,
      cookies: [...cookies.values()],
      clock: { start: clockStart, end: clock() },
    } as const
    const entry: Entry =
      op.abort === undefined ? { ...started, ...answered } : { ...started, end: null, outcome: 'unknown', cookies: [] }
    entries[started.n] = entry
    return entry
  }

  async function step({ kind, key, flag, user, fail, lost, cookie }: Step): Promise<void> {
    if (kind === 'wait') return clock.advance(flag ? 0.3 : 1.1)
    const op = {
      kind,
      before: 0,
      after: 0,
      reply: 'value',
      key,
      user: `${user}${suffix}`,
      all: flag,
      save: flag && (kind === 'add' || kind === 'login'),
    }
    const sent = cookie === 'foreign' ? FOREIGN : cookie === 'old' ? (jar.old.at(-1) ?? jar.id) : jar.id
    const entry = await request(
      { ...op, ...(fail && kind !== 'revoke' ? { fail: 'return' } : {}), ...(lost ? { abort: 0 } : {}) },
      sent,
    )
    for (const id of entry.cookies) {
      if (jar.id !== null) jar.old.push(jar.id)
      jar.id = id === '' ? null : id
    }
  }

  await step({ ...plain, kind: 'login' })
  await step({ ...plain, kind: 'item' })
  scheduled = true
  await s.waitFor(
    Promise.all(
      tabs.map(async (steps) => {
        for (const each of steps) await step(each)
      }),
    ),
    pacing(calls, overlaps),
  )
  scheduled = false
  const ids = entries.flatMap(({ cookies }) => cookies).filter(Boolean)
  for (const id of ids) await request({ kind: 'read', before: 0, after: 0, reply: 'value' }, id)
  return { entries, policies }
}

/** Waits for the calls under way before each step, but for those that may overlap with them. */
function pacing(calls: Calls, overlaps: readonly boolean[]): fc.SchedulerAct {
  let steps = 0
  return async (next) => {
    if (!overlaps[steps++ % overlaps.length]) {
      // What a call answered, and what its request does with it, may make the next call.
      do {
        await calls.ended()
        await setImmediate()
      } while (calls.underWay() > 0)
    }
    await next()
  }
}
