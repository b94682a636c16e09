import { describe, expect, it } from 'vitest'
import { check, type Entry, type LawNumber, type Op, type Report, type Seen } from '../chaos/checker.mjs'
import { policies } from '../chaos/perform.mjs'
import { printViolation, shrink } from '../chaos/print.mjs'

const seen = (more: Partial<Seen> = {}): Seen => ({ isNew: false, birth: 0, log: [], count: 0, items: [], ...more })
const nothing: Seen = { isNew: true, log: [], count: 0, items: [] }

interface Line {
  readonly op: Op['kind'] | Partial<Op>
  readonly sent?: string | null
  readonly at: readonly [number, number | null]
  readonly report?: Report
  readonly cookie?: string
  readonly status?: number
  readonly def?: string
}

/** Requests numbered from 0. The first begins a session with the id `A`, unless it says otherwise. */
function history(...lines: readonly Line[]) {
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
      },
      n,
    ): Entry => {
      const asked = typeof op === 'string' ? { kind: op } : op
      const full: Op = { kind: 'read', before: 0, after: 0, reply: 'value', ...asked }
      const answer = end === null ? { outcome: 'unknown' as const } : { outcome: 'answered' as const, status, report }
      return { n, def, op: full, sent, start, end, cookies: cookie === undefined ? [] : [cookie], ...answer }
    },
  )
  return { entries, policies }
}

const laws = (...lines: readonly Line[]) => check(history(...lines)).violations.map(({ law }) => law)

const saw = (more: Partial<Seen> = {}): Report => ({ seen: seen({ items: [0], ...more }) })
const sawNothing: Report = { seen: nothing }

const bad: readonly { what: string; law: LawNumber; lines: readonly Line[] }[] = [
  {
    what: 'an increment that was confirmed and is not there',
    law: 9,
    lines: [
      { op: 'add', at: [2, 3] },
      { op: 'read', at: [4, 5] },
    ],
  },
  {
    what: 'an increment lost to a parallel writer',
    law: 1,
    lines: [
      { op: 'add', at: [2, 4] },
      { op: 'add', at: [3, 5] },
      { op: 'read', at: [6, 7], report: saw({ log: [2], count: 1 }) },
    ],
  },
  {
    what: 'an increment applied twice',
    law: 1,
    lines: [
      { op: 'add', at: [2, 3] },
      { op: 'read', at: [4, 5], report: saw({ log: [1, 1], count: 2 }) },
    ],
  },
  {
    what: 'half a commit',
    law: 1,
    lines: [
      { op: 'add', at: [2, 3] },
      { op: 'read', at: [4, 5], report: saw({ log: [1], count: 0 }) },
    ],
  },
  {
    what: 'an increment of a response with status 500',
    law: 1,
    lines: [
      { op: { kind: 'add', fail: 'throw' }, at: [2, 3], status: 500 },
      { op: 'read', at: [4, 5], report: saw({ log: [1], count: 1 }) },
    ],
  },
  {
    what: 'an increment that a refused commit has stored',
    law: 1,
    lines: [
      { op: 'add', at: [2, 3], status: 409, report: {} },
      { op: 'read', at: [4, 5], report: saw({ log: [1], count: 1 }) },
    ],
  },
  {
    what: 'an unanswered increment that was there and is not any more',
    law: 1,
    lines: [
      { op: 'add', at: [2, null] },
      { op: 'read', at: [3, 4], report: saw({ log: [1], count: 1 }) },
      { op: 'read', at: [5, 6] },
    ],
  },
  {
    what: 'an older value in place of a newer one',
    law: 9,
    lines: [
      { op: { kind: 'write', key: 'a' }, at: [2, 3] },
      { op: { kind: 'write', key: 'a' }, at: [4, 5] },
      { op: 'read', at: [6, 7], report: saw({ a: 1 }) },
    ],
  },
  { what: 'the data of another session', law: 1, lines: [{ op: 'read', at: [2, 3], report: saw({ birth: 7 }) }] },
  {
    what: 'a session after its logout',
    law: 2,
    lines: [
      { op: 'logout', at: [2, 3], report: { ...saw(), ended: true }, cookie: '' },
      { op: 'read', at: [4, 5] },
    ],
  },
  {
    what: 'an old id after a new one',
    law: 2,
    lines: [
      { op: 'rotate', at: [2, 3], report: { ...saw(), renewed: true }, cookie: 'B' },
      { op: 'read', at: [4, 5] },
    ],
  },
  {
    what: 'a user who was revoked',
    law: 2,
    lines: [
      { op: { kind: 'login', user: 'ada' }, at: [2, 3], report: { ...saw(), renewed: true }, cookie: 'B' },
      { op: { kind: 'revoke', user: 'ada' }, sent: null, at: [4, 5], report: { revoked: 0 } },
      { op: 'read', sent: 'B', at: [6, 7], report: saw({ user: 'ada', login: 1 }) },
    ],
  },
  {
    what: 'one flash in two responses',
    law: 3,
    lines: [
      { op: 'take', at: [2, 5], report: { ...saw(), taken: { items: [0] } } },
      { op: 'take', at: [3, 4], report: { ...saw(), taken: { items: [0] } } },
    ],
  },
  {
    what: 'a flash that waits again',
    law: 3,
    lines: [
      { op: 'take', at: [2, 3], report: { ...saw(), taken: { items: [0] } } },
      { op: 'read', at: [4, 5] },
    ],
  },
  { what: 'a flash that nobody got', law: 3, lines: [{ op: 'read', at: [2, 3], report: { seen: seen() } }] },
  {
    what: 'a flash that a response with status 500 kept',
    law: 3,
    lines: [
      { op: { kind: 'take', fail: 'return' }, at: [2, 3], status: 500, report: { ...saw(), taken: { items: [0] } } },
      { op: 'read', at: [4, 5], report: { seen: seen() } },
    ],
  },
  {
    what: 'an id that the client made up',
    law: 5,
    lines: [{ op: 'add', sent: 'mine', at: [2, 3], report: sawNothing, cookie: 'mine' }],
  },
  {
    what: 'one id for two sessions',
    law: 5,
    lines: [{ op: 'add', sent: null, at: [2, 3], report: sawNothing, cookie: 'A' }],
  },
  {
    what: 'an id for a mere read',
    law: 5,
    lines: [{ op: 'read', sent: null, at: [2, 3], report: sawNothing, cookie: 'B' }],
  },
  {
    what: 'a session after its time',
    law: 6,
    lines: [
      { op: 'item', def: 'brief', sent: null, at: [2, 3], report: sawNothing, cookie: 'B' },
      { op: 'read', def: 'brief', sent: 'B', at: [1100, 1101], report: { seen: seen({ birth: 1, items: [1] }) } },
    ],
  },
  { what: 'a cookie whose session is not there', law: 10, lines: [{ op: 'read', at: [2, 3], report: sawNothing }] },
  {
    what: 'a logout that leaves the cookie',
    law: 10,
    lines: [{ op: 'logout', at: [2, 3], report: { ...saw(), ended: true } }],
  },
]

describe('the checker reports', () => {
  it.each(bad)('$what (law $law)', ({ law, lines }) => {
    expect(laws(...lines)).toContain(law)
  })
})

describe('the checker accepts', () => {
  const good: readonly { what: string; lines: readonly Line[] }[] = [
    {
      what: 'a confirmed write that is seen',
      lines: [
        { op: 'add', at: [2, 3] },
        { op: 'read', at: [4, 5], report: saw({ log: [1], count: 1 }) },
      ],
    },
    {
      what: 'a reader that began before the answer',
      lines: [
        { op: 'add', at: [2, 4] },
        { op: 'read', at: [3, 5] },
      ],
    },
    {
      what: 'either of two parallel values',
      lines: [
        { op: { kind: 'write', key: 'a' }, at: [2, 4] },
        { op: { kind: 'write', key: 'a' }, at: [3, 5] },
        { op: 'read', at: [6, 7], report: saw({ a: 1 }) },
      ],
    },
    {
      what: 'an unanswered write that was not stored',
      lines: [
        { op: 'add', at: [2, null] },
        { op: 'read', at: [3, 4] },
      ],
    },
    {
      what: 'a session that goes on under its new id',
      lines: [
        { op: 'rotate', at: [2, 3], report: { ...saw(), renewed: true }, cookie: 'B' },
        { op: 'read', sent: 'B', at: [4, 5] },
      ],
    },
    {
      what: 'a late request of an ended session',
      lines: [
        { op: 'logout', at: [2, 5], report: { ...saw(), ended: true }, cookie: '' },
        { op: 'read', at: [3, 4] },
      ],
    },
    {
      what: 'a flash that may be in an answer nobody got',
      lines: [
        { op: 'take', at: [2, null] },
        { op: 'read', at: [3, 4], report: { seen: seen() } },
      ],
    },
    {
      what: 'a login after the revocation',
      lines: [
        { op: { kind: 'revoke', user: 'ada' }, sent: null, at: [2, 3], report: { revoked: 0 } },
        { op: { kind: 'login', user: 'ada' }, at: [4, 5], report: { ...saw(), renewed: true }, cookie: 'B' },
        { op: 'read', sent: 'B', at: [6, 7], report: saw({ user: 'ada', login: 2 }) },
      ],
    },
  ]
  it.each(good)('$what', ({ lines }) => {
    expect(check(history(...lines)).violations).toEqual([])
  })
})

describe('a violation is printed', () => {
  const noisy = history(
    { op: 'read', at: [2, 3] },
    { op: 'add', at: [4, 5] },
    { op: 'read', sent: null, at: [4, 5], report: sawNothing },
    { op: 'read', at: [6, 7] },
  )

  it('with the requests that matter alone, and without ids', () => {
    const [violation] = check(noisy).violations
    if (!violation) expect.unreachable()
    expect(shrink(noisy, violation).entries.map(({ n }) => n)).toEqual([0, 2, 4])
    const text = printViolation(noisy, violation)
    expect(text).toMatch(/^law 9: increment 2 is lost \(see #2, #4\)\n {2}#0 /)
    expect(text).not.toContain('sent A')
  })
})
