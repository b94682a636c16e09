import { AsyncLocalStorage } from 'node:async_hooks'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defineSession } from '../../src/define.js'
import { createRequestScope } from '../../src/session/scope.js'
import { memoryStore } from '../../src/stores/memory.js'
import type { SessionStore } from '../../src/stores/port.js'
import { fakeClock } from '../../src/testing/fake-clock.js'
import { check, type Entry, type History, type LawNumber, type Op, type Report } from '../chaos/checker.mjs'
import { createDefinitions, perform, policies, strain } from '../chaos/perform.mjs'
import { printViolation } from '../chaos/print.mjs'

/** Interleavings per law; `npm run chaos` asks for more. */
const RUNS = Number(process.env['CHAOS_RUNS'] ?? 1000)

interface Step {
  readonly kind: Op['kind'] | 'wait'
  readonly key: string
  readonly flag: boolean
  readonly user: string
  readonly fail: boolean
  readonly lost: boolean
  readonly cookie: 'own' | 'old' | 'foreign'
}

interface Options {
  readonly def: string
  readonly wrap?: (store: SessionStore) => SessionStore
  readonly generateId?: () => string
}

/** What the request at hand reports. One for all runs: each that exists costs every promise. */
const running = new AsyncLocalStorage<Report>()

/** Plays the tabs of one browser, step by step each, against each other: the scheduler decides which store call is next. */
async function play(s: fc.Scheduler, tabs: readonly (readonly Step[])[], options: Options): Promise<History> {
  const { def, wrap = (store) => store, generateId } = options
  const clock = fakeClock()
  const entries: Entry[] = []
  let [time, scheduled] = [0, false]
  const tick = () => ++time
  const turn = (call: string) => (scheduled ? s.schedule(Promise.resolve(), call) : undefined)
  const store = strain(wrap(memoryStore()), {
    before: turn,
    after: turn,
    report: () => running.getStore(),
    time: tick,
  })
  const definition = createDefinitions(defineSession, store, {
    clock,
    autoCollect: false,
    names: [def],
    ...(generateId ? { generateId } : {}),
  })[def]
  if (!definition) throw new TypeError(def)
  const jar: { id: string | null; old: string[] } = { id: null, old: [] }

  async function request(op: Op, sent: string | null): Promise<Entry> {
    const started = { n: entries.length, def, op, sent, start: tick() }
    const clockStart = clock()
    entries.push({ ...started, end: null, outcome: 'unknown', cookies: [] })
    const cookies = new Map<string, string>()
    let report: Report = {}
    let status = op.fail ? 500 : 200
    await running.run(report, async () => {
      const scope = createRequestScope()
      const header = (name: string) => (name === 'Cookie' && sent !== null ? `${def}=${sent}` : undefined)
      const answer = (error: unknown) => {
        status = (error as { status: number }).status
        report = report.looked === undefined ? {} : { looked: report.looked }
      }
      const use = () => scope.use(definition as never, { header }) as never
      await perform(
        { definition: definition as never, use, sleep: () => undefined },
        { n: started.n, op },
        report,
      ).catch(answer)
      const setCookie = (name: string, line: string) =>
        cookies.set(name, line.slice(name.length + 1).split(';')[0] ?? '')
      await scope.commit(status, { setHeader() {}, setCookie }).catch(answer)
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
      user,
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
  )
  scheduled = false
  const ids = entries.flatMap(({ cookies }) => cookies).filter(Boolean)
  for (const id of ids) await request({ kind: 'read', before: 0, after: 0, reply: 'value' }, id)
  return { entries, policies }
}

const FOREIGN = 'x'.repeat(43)
const plain = { key: 'a', flag: false, user: 'ada', fail: false, lost: false, cookie: 'own' } as const

function tabsOf(kinds: readonly Step['kind'][], { fails = 6, foreign = 30 } = {}) {
  const rarely = (weight: number) => fc.integer({ min: 1, max: weight }).map((n) => n === weight)
  const step = fc.record({
    kind: fc.constantFrom(...kinds),
    key: fc.constantFrom('a', 'b'),
    flag: fc.boolean(),
    user: fc.constantFrom('ada', 'bob'),
    fail: rarely(fails),
    lost: rarely(20),
    cookie: fc
      .integer({ min: 1, max: foreign })
      .map((n) => (n === foreign ? 'foreign' : n <= 3 ? 'old' : 'own') as Step['cookie']),
  })
  return fc.array(fc.array(step, { minLength: 1, maxLength: 3 }), { minLength: 2, maxLength: 3 })
}

const LIFE = ['login', 'logout', 'relog', 'regenerate', 'rotate'] as const
const cases: readonly {
  law: LawNumber
  title: string
  def?: string
  tabs: ReturnType<typeof tabsOf>
  atLeast: number
}[] = [
  { law: 1, title: 'J3 no lost update', tabs: tabsOf(['add', 'add', 'write', 'write', 'rotate', 'read']), atLeast: 10 },
  { law: 2, title: 'J1 no resurrection', tabs: tabsOf([...LIFE, 'add', 'item', 'take', 'read']), atLeast: 0.5 },
  { law: 2, title: 'J12 revoked is revoked', tabs: tabsOf(['login', 'revoke', 'rotate', 'add', 'read']), atLeast: 0.5 },
  {
    law: 3,
    title: 'J9 a flash is delivered once',
    tabs: tabsOf(['item', 'note', 'take', 'take', 'rotate', 'add']),
    atLeast: 5,
  },
  {
    law: 5,
    title: 'only the server makes ids',
    tabs: tabsOf([...LIFE, 'add', 'take', 'read'], { foreign: 5 }),
    atLeast: 3,
  },
  {
    law: 6,
    title: 'expired is gone',
    def: 'brief',
    tabs: tabsOf(['wait', 'wait', 'add', 'read', 'rotate']),
    atLeast: 0.2,
  },
  {
    law: 9,
    title: 'J14 what is confirmed is stored',
    def: 'loose',
    tabs: tabsOf(['add', 'write', 'item', 'login']),
    atLeast: 0.5,
  },
  {
    law: 10,
    title: 'the cookie mirrors the store',
    tabs: tabsOf([...LIFE, 'add', 'write', 'read', 'revoke']),
    atLeast: 0.5,
  },
]

describe('histories of several tabs, every interleaving of their store calls', () => {
  it.each(cases)(
    'law $law: $title',
    async ({ law, def = 'strict', tabs, atLeast }) => {
      let [checked, runs] = [0, 0]
      await fc.assert(
        fc.asyncProperty(fc.scheduler(), tabs, async (s, steps) => {
          const history = await play(s, steps, { def })
          const verdict = check(history)
          checked += verdict.checked[law]
          runs++
          const [violation] = verdict.violations
          if (violation) throw new Error(printViolation(history, violation))
        }),
        { numRuns: RUNS, endOnFailure: true },
      )
      // Where nothing could go wrong, nothing was tested.
      expect(checked / runs).toBeGreaterThan(atLeast)
    },
    600_000,
  )
})

/** Stores that break a promise of the port, each in one way. */
const breaks: readonly {
  what: string
  laws: readonly LawNumber[]
  case: number
  break: Partial<Options>
}[] = [
  { what: 'update ignores the version', laws: [1, 3, 9], case: 0, break: broken({ update: lastWriterWins }) },
  {
    what: 'destroy answers and does nothing',
    laws: [2],
    case: 1,
    break: broken({ destroy: async () => 'ok', move: undefined }),
  },
  { what: 'update brings back what is gone', laws: [2, 3], case: 1, break: broken({ update: inserts }) },
  { what: 'a flash is taken by two', laws: [3], case: 3, break: broken({ update: lastWriterWins }) },
  { what: 'one id for all', laws: [5], case: 4, break: { generateId: () => 'a'.repeat(43) } },
  { what: 'records never expire', laws: [6], case: 5, break: broken({ read: unexpired }) },
  { what: 'an update is answered and not stored', laws: [1, 9], case: 6, break: broken({ update: async () => 'ok' }) },
  { what: 'a create is answered and not stored', laws: [10], case: 7, break: broken({ create: async () => 'ok' }) },
]

describe('the checker finds', () => {
  it.each(breaks)('$what', async ({ laws, case: at, break: options }) => {
    const { def = 'strict', tabs } = cases[at] ?? expect.unreachable()
    let found: LawNumber | undefined
    await fc.check(
      fc.asyncProperty(fc.scheduler(), tabs, async (s, steps) => {
        const { violations } = check(await play(s, steps, { def, ...options }))
        found ??= violations.find(({ law }) => laws.includes(law))?.law
        return found === undefined
      }),
      { numRuns: 1000, endOnFailure: true },
    )
    expect(laws).toContain(found)
  })
})

type Method = (store: SessionStore, ...args: never[]) => Promise<unknown>

/** The memory store with other methods; undefined takes one away. */
function broken(methods: Readonly<Record<string, Method | undefined>>): Partial<Options> {
  return {
    wrap: (store) =>
      new Proxy(store, {
        get(target, name, receiver) {
          if (!Object.hasOwn(methods, name)) return Reflect.get(target, name, receiver)
          const method = methods[String(name)]
          return method && ((...args: never[]) => method(target, ...args))
        },
      }),
  }
}

async function lastWriterWins(store: SessionStore, ...[key, change]: Parameters<SessionStore['update']>) {
  const current = await store.read(key)
  return current ? store.update(key, change, current.version) : 'gone'
}

async function inserts(store: SessionStore, ...[key, change, expected]: Parameters<SessionStore['update']>) {
  const outcome = await store.update(key, change, expected)
  if (outcome !== 'gone') return outcome
  const expiresAt = change.expiresAt === 'keep' ? Number.MAX_SAFE_INTEGER : change.expiresAt
  return store.create(key, { ...change, expiresAt })
}

async function unexpired(store: SessionStore, ...[key]: Parameters<SessionStore['read']>) {
  const record = await store.read(key)
  return record && { ...record, expiresAt: Number.MAX_SAFE_INTEGER }
}
