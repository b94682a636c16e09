import { check, type Entry, type LawNumber, type Op, type Report, type Seen } from '../../chaos/checker.mjs'
import { policies } from '../../chaos/perform.mjs'

export const seen = (more: Partial<Seen> = {}): Seen => ({
  isNew: false,
  birth: 0,
  log: [],
  count: 0,
  items: [],
  ...more,
})
const nothing: Seen = { isNew: true, log: [], count: 0, items: [] }

export interface Line {
  readonly op: Op['kind'] | Partial<Op>
  readonly sent?: string | null
  readonly at: readonly [number, number | null]
  readonly report?: Report
  readonly cookie?: string
  readonly status?: number
  readonly def?: string
  readonly age?: number | null
  readonly beside?: number
}

/** Requests numbered from 0. The first begins a session with the id `A`, unless it says otherwise. */
export function history(...lines: readonly Line[]) {
  const begin: Line = { op: 'item', sent: null, at: [0, 1], report: { seen: nothing }, cookie: 'A' }
  const entries = [begin, ...lines].map(
    (
      {
        op,
        sent = 'A',
        at: [start, end],
        report = { seen: seen({ items: [0] }) },
        cookie,
        status = 200,
        def = 'strict',
        age,
        beside,
      },
      n,
    ): Entry => {
      const asked = typeof op === 'string' ? { kind: op } : op
      const full: Op = { kind: 'read', before: 0, after: 0, reply: 'value', ...asked }
      const answer = end === null ? { outcome: 'unknown' as const } : { outcome: 'answered' as const, status, report }
      return {
        ...{ n, def, op: full, sent, start, end, cookies: cookie === undefined ? [] : [cookie], ...answer },
        ...(age === undefined ? {} : { ages: [age] }),
        ...(beside === undefined ? {} : { beside }),
      }
    },
  )
  return { entries, policies }
}

export const laws = (...lines: readonly Line[]) => check(history(...lines)).violations.map(({ law }) => law)

export const saw = (more: Partial<Seen> = {}): Report => ({ seen: seen({ items: [0], ...more }) })
export const sawNothing: Report = { seen: nothing }

/** A session of its own, begun by the request with this number. */
export const begin = (
  n: number,
  def: string,
  id: string,
  start: number,
  op: Line['op'] = 'add',
): Line & { of: Seen } => ({
  ...{ op, def, sent: null, at: [start, start + 1], report: sawNothing, cookie: id },
  of: seen({ birth: n, log: [n], count: 1 }),
})
export const turning = begin(1, 'turning', 'T', 2)
export const turned: Line = {
  op: 'read',
  def: 'turning',
  sent: 'T',
  at: [500, 501],
  report: { seen: turning.of },
  cookie: 'U',
}
export const kept = begin(1, 'kept', 'K', 2)
export const remember = (seconds: number | false, at: number, age: number | null): Line => ({
  ...{ op: { kind: 'expire', how: 'remember', seconds }, def: 'kept', sent: 'K', at: [at, at + 1] },
  ...{ report: { seen: kept.of }, cookie: 'K', age },
})
export const login = (n: number, id: string, at: number): Line => ({
  ...{
    op: { kind: 'login', user: 'ada' },
    def: 'oldest',
    sent: null,
    at: [at, at + 1],
    report: sawNothing,
    cookie: id,
  },
})
export const readAs = (n: number, id: string, at: number): Line => ({
  ...{ op: 'read', def: 'oldest', sent: id, at: [at, at + 1] },
  report: { seen: seen({ birth: n, user: 'ada', login: n }) },
})
export const cleared: Line = { op: 'clear', at: [4, 5] }

/** A history that breaks a law. */
export interface Bad {
  readonly what: string
  readonly law: LawNumber
  readonly lines: readonly Line[]
}
