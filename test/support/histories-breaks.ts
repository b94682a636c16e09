import fc from 'fast-check'
import type { SessionStore } from '../../src/stores/port.js'
import { check, type History, type LawNumber, type Violation } from '../chaos/checker.mjs'
import { type PlayOptions, play } from './histories.js'
import { cases, overlaps } from './histories-steps.js'

/** A store that breaks a promise of the port, in one way. */
export interface Break extends Pick<PlayOptions, 'wrap' | 'generateId'> {
  readonly what: string
  /** The laws that this breaks; one of them is to be found. */
  readonly laws: readonly LawNumber[]
  /** Which of the cases finds it. */
  readonly case: number
}

/** Broken however the calls of several requests fall between each other. */
export const breaks: readonly Break[] = [
  { what: 'update ignores the version', laws: [1, 3, 9], case: 0, wrap: broken({ update: lastWriterWins }) },
  {
    what: 'destroy answers and does nothing',
    laws: [2],
    case: 1,
    wrap: broken({ destroy: async () => 'ok', move: undefined }),
  },
  { what: 'update brings back what is gone', laws: [2, 3], case: 1, wrap: broken({ update: inserts }) },
  { what: 'a flash is taken by two', laws: [3], case: 3, wrap: broken({ update: lastWriterWins }) },
  { what: 'one id for all', laws: [5], case: 4, generateId: () => 'a'.repeat(43) },
  { what: 'records never expire', laws: [6], case: 5, wrap: broken({ read: unexpired }) },
  { what: 'an update is answered and not stored', laws: [1, 9], case: 6, wrap: broken({ update: async () => 'ok' }) },
  { what: 'a create is answered and not stored', laws: [10], case: 7, wrap: broken({ create: async () => 'ok' }) },
]

/** Right as long as one call ends before the next begins. */
export const racy: Break = {
  what: 'update compares in one step and writes in another',
  laws: [1, 3, 9],
  case: 0,
  wrap: broken({ update: inTwoSteps }),
}

/** Plays histories until one of the laws is seen broken. */
export async function findBroken(
  { laws, case: at, wrap, generateId }: Break,
  open: () => readonly SessionStore[],
): Promise<{ history: History; violation: Violation } | undefined> {
  const { def = 'strict', tabs } = cases[at] ?? { tabs: fc.constant([]) }
  const options = { def, ...(wrap && { wrap }), ...(generateId && { generateId }) }
  let found: { history: History; violation: Violation } | undefined
  await fc.check(
    fc.asyncProperty(fc.scheduler(), tabs, overlaps, async (s, steps, overlapping) => {
      const history = await play(s, steps, { ...options, stores: open(), overlaps: overlapping })
      const violation = check(history).violations.find(({ law }) => laws.includes(law))
      if (violation) found ??= { history, violation }
      return found === undefined
    }),
    { numRuns: 1000, endOnFailure: true },
  )
  return found
}

type Method = (store: SessionStore, ...args: never[]) => Promise<unknown>

/** A store with other methods; undefined takes one away. */
function broken(methods: Readonly<Record<string, Method | undefined>>): (store: SessionStore) => SessionStore {
  return (store) =>
    new Proxy(store, {
      get(target, name, receiver) {
        if (!Object.hasOwn(methods, name)) return Reflect.get(target, name, receiver)
        const method = methods[String(name)]
        return method && ((...args: never[]) => method(target, ...args))
      },
    })
}

async function lastWriterWins(store: SessionStore, ...[key, change]: Parameters<SessionStore['update']>) {
  const current = await store.read(key)
  return current ? store.update(key, change, current.revision) : 'gone'
}

async function inTwoSteps(store: SessionStore, ...[key, change, expected]: Parameters<SessionStore['update']>) {
  for (let compared = false; ; compared = true) {
    const current = await store.read(key)
    if (!current) return 'gone'
    if (!compared && current.revision !== expected) return 'conflict'
    if ((await store.update(key, change, current.revision)) === 'ok') return 'ok'
  }
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
