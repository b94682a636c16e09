import { describe, expect, it } from 'vitest'
import { check, type Entry, type LawNumber, type Op, type Report, type Seen } from '../chaos/checker.mjs'
import { isSuspicious } from '../chaos/law-leaks.mjs'
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
  readonly age?: number | null
  readonly beside?: number
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

const laws = (...lines: readonly Line[]) => check(history(...lines)).violations.map(({ law }) => law)

const saw = (more: Partial<Seen> = {}): Report => ({ seen: seen({ items: [0], ...more }) })
const sawNothing: Report = { seen: nothing }

/** A session of its own, begun by the request with this number. */
const begin = (n: number, def: string, id: string, start: number, op: Line['op'] = 'add'): Line & { of: Seen } => ({
  ...{ op, def, sent: null, at: [start, start + 1], report: sawNothing, cookie: id },
  of: seen({ birth: n, log: [n], count: 1 }),
})
const turning = begin(1, 'turning', 'T', 2)
const turned: Line = {
  op: 'read',
  def: 'turning',
  sent: 'T',
  at: [500, 501],
  report: { seen: turning.of },
  cookie: 'U',
}
const kept = begin(1, 'kept', 'K', 2)
const remember = (seconds: number | false, at: number, age: number | null): Line => ({
  ...{ op: { kind: 'expire', how: 'remember', seconds }, def: 'kept', sent: 'K', at: [at, at + 1] },
  ...{ report: { seen: kept.of }, cookie: 'K', age },
})
const login = (n: number, id: string, at: number): Line => ({
  ...{
    op: { kind: 'login', user: 'ada' },
    def: 'oldest',
    sent: null,
    at: [at, at + 1],
    report: sawNothing,
    cookie: id,
  },
})
const readAs = (n: number, id: string, at: number): Line => ({
  ...{ op: 'read', def: 'oldest', sent: id, at: [at, at + 1] },
  report: { seen: seen({ birth: n, user: 'ada', login: n }) },
})
const cleared: Line = { op: 'clear', at: [4, 5] }

const bad: readonly { what: string; law: LawNumber; lines: readonly Line[] }[] = [
  {
    what: 'an increment that was cleared away',
    law: 1,
    lines: [
      { op: 'add', at: [2, 3] },
      cleared,
      { op: 'read', at: [6, 7], report: { seen: seen({ log: [1], count: 1 }) } },
    ],
  },
  {
    what: 'an increment lost though it came after the clearing',
    law: 9,
    lines: [cleared, { op: 'add', at: [6, 7] }, { op: 'read', at: [8, 9], report: { seen: seen() } }],
  },
  {
    what: 'a value that was deleted',
    law: 1,
    lines: [
      { op: { kind: 'write', key: 'a' }, at: [2, 3] },
      { op: { kind: 'delete', key: 'a' }, at: [4, 5] },
      { op: 'read', at: [6, 7], report: saw({ a: 1 }) },
    ],
  },
  {
    what: 'a value that another deletion has taken along',
    law: 9,
    lines: [
      { op: { kind: 'write', key: 'a' }, at: [2, 3] },
      { op: { kind: 'delete', key: 'b' }, at: [4, 5] },
      { op: 'read', at: [6, 7] },
    ],
  },
  {
    what: 'a value that regenerate was not to keep',
    law: 1,
    lines: [
      { op: { kind: 'write', key: 'a' }, at: [2, 3] },
      { op: { kind: 'regenerate', keep: ['birth'] }, at: [4, 5], report: { ...saw(), renewed: true }, cookie: 'B' },
      { op: 'read', sent: 'B', at: [6, 7], report: saw({ a: 1 }) },
    ],
  },
  {
    what: 'a value lost that regenerate was to keep',
    law: 9,
    lines: [
      { op: { kind: 'write', key: 'a' }, at: [2, 3] },
      {
        op: { kind: 'regenerate', keep: ['birth', 'a'] },
        at: [4, 5],
        report: { ...saw(), renewed: true },
        cookie: 'B',
      },
      { op: 'read', sent: 'B', at: [6, 7] },
    ],
  },
  {
    what: 'one of two sessions of a request that was not stored',
    law: 9,
    lines: [
      { op: 'add', at: [2, 3], beside: 2 },
      { op: 'add', def: 'second', sent: null, at: [2, 3], report: sawNothing, cookie: 'S', beside: 1 },
      { op: 'read', at: [4, 5], report: saw({ log: [1], count: 1 }) },
      { op: 'read', def: 'second', sent: 'S', at: [4, 5], report: { seen: seen({ birth: 2 }) } },
    ],
  },
  { what: 'a flash that waits twice', law: 3, lines: [{ op: 'read', at: [2, 3], report: saw({ items: [0, 0] }) }] },
  { what: 'a flash after all were cleared', law: 3, lines: [cleared, { op: 'read', at: [6, 7] }] },
  {
    what: 'a flash after its channel was cleared',
    law: 3,
    lines: [
      { op: 'clearFlash', at: [2, 3] },
      { op: 'read', at: [6, 7] },
    ],
  },
  {
    what: 'a flash that the clearing of others has taken along',
    law: 3,
    lines: [
      { op: 'note', at: [2, 3] },
      { op: 'clearFlash', at: [4, 5], report: saw({ note: 1 }) },
      { op: 'read', at: [6, 7], report: { seen: seen() } },
    ],
  },
  {
    what: 'a flash that was queued again and is lost',
    law: 3,
    lines: [
      { op: 'keep', at: [2, 3], report: { ...saw(), kept: { items: [0] } } },
      { op: 'read', at: [4, 5], report: { seen: seen() } },
    ],
  },
  {
    what: 'a flash queued again after it was delivered',
    law: 3,
    lines: [
      { op: 'take', at: [2, 3], report: { ...saw(), taken: { items: [0] } } },
      { op: 'keep', at: [4, 5], report: { seen: seen(), kept: { items: [0] } } },
    ],
  },
  {
    what: 'a flash of one request in another',
    law: 3,
    lines: [
      { op: 'now', at: [2, 3], report: { ...saw(), shown: 1 } },
      { op: 'read', at: [4, 5], report: saw({ note: 1 }) },
    ],
  },
  { what: 'a flash that its own request does not see', law: 3, lines: [{ op: 'now', at: [2, 3], report: saw() }] },
  {
    what: 'a forwarded id that shows another session',
    law: 1,
    lines: [turning, turned, { ...turned, at: [600, 601], report: { seen: seen({ birth: 0 }) } }],
  },
  {
    what: 'a follower of an id that is that of another session',
    law: 5,
    lines: [turning, begin(2, 'turning', 'V', 3), { ...turned, cookie: 'V' }],
  },
  {
    what: 'an old id after its grace',
    law: 6,
    lines: [turning, turned, { ...turned, at: [2100, 2101] }],
  },
  {
    what: 'an old id that leads nowhere within its grace',
    law: 10,
    lines: [turning, turned, { op: 'read', def: 'turning', sent: 'T', at: [600, 601], report: sawNothing }],
  },
  {
    what: 'a session that a logout has left under its new id',
    law: 2,
    lines: [
      turning,
      turned,
      {
        op: 'logout',
        def: 'turning',
        sent: 'T',
        at: [600, 601],
        report: { seen: turning.of, ended: true },
        cookie: '',
      },
      { op: 'read', def: 'turning', sent: 'U', at: [700, 701], report: { seen: turning.of } },
    ],
  },
  {
    what: 'a session after the lifetime it was given',
    law: 6,
    lines: [
      kept,
      remember(1, 10, 1),
      { op: 'read', def: 'kept', sent: 'K', at: [1100, 1101], report: { seen: kept.of } },
    ],
  },
  {
    what: 'a session that is gone before the lifetime it was given',
    law: 10,
    lines: [kept, remember(5, 10, 5), { op: 'read', def: 'kept', sent: 'K', at: [4000, 4001], report: sawNothing }],
  },
  {
    what: 'a session that is gone though it was touched',
    law: 10,
    lines: [
      kept,
      { op: 'touch', def: 'kept', sent: 'K', at: [1000, 1001], report: { seen: kept.of } },
      { op: 'read', def: 'kept', sent: 'K', at: [2200, 2201], report: sawNothing },
    ],
  },
  {
    what: 'a session kept alive by requests that only look',
    law: 6,
    lines: [
      kept,
      { op: 'look', def: 'kept', sent: 'K', at: [1500, 1501], report: { seen: kept.of } },
      { op: 'read', def: 'kept', sent: 'K', at: [2100, 2101], report: { seen: kept.of } },
    ],
  },
  { what: 'a look that sets a cookie', law: 10, lines: [{ op: 'look', at: [2, 3], cookie: 'B' }] },
  { what: 'a remembered session in a cookie that is not', law: 10, lines: [kept, remember(5, 10, null)] },
  { what: 'a cookie that outlives its session', law: 10, lines: [kept, remember(5, 10, 60)] },
  { what: 'a cookie that is kept for nothing', law: 10, lines: [kept, remember(false, 10, 60)] },
  {
    what: 'two handlers with one lock',
    law: 'lock',
    lines: [
      { op: { kind: 'add', lock: true }, at: [2, 6], report: { ...saw(), held: [3, 5] } },
      { op: { kind: 'add', lock: true }, at: [2, 7], report: { ...saw(), held: [4, 6] } },
    ],
  },
  {
    what: 'a session more than a user may have',
    law: 'limit',
    lines: [
      ...[login(1, 'X', 2), login(2, 'Y', 4), login(3, 'Z', 6)],
      ...[readAs(1, 'X', 8), readAs(2, 'Y', 8), readAs(3, 'Z', 8)],
    ],
  },
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
  {
    what: 'a session that is gone although it was used in time',
    law: 10,
    lines: [
      { op: 'write', def: 'brief', sent: null, at: [2, 3], report: sawNothing, cookie: 'B' },
      { op: 'add', def: 'brief', sent: 'B', at: [700, 710], report: { seen: seen({ birth: 1 }) } },
      { op: 'read', def: 'brief', sent: 'B', at: [1010, 1020], report: sawNothing },
    ],
  },
  { what: 'a cookie whose session is not there', law: 10, lines: [{ op: 'read', at: [2, 3], report: sawNothing }] },
  {
    what: 'a cookie removed by a mere read',
    law: 10,
    lines: [{ op: 'read', at: [2, 3], cookie: '' }],
  },
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
      what: 'a lifetime that remember(false) has begun anew',
      lines: [
        kept,
        ...[1500, 3000, 4500].map(
          (at): Line => ({
            ...{ op: 'touch', def: 'kept', sent: 'K', at: [at, at + 1] },
            report: { seen: kept.of },
          }),
        ),
        remember(false, 5500, null),
        { op: 'read', def: 'kept', sent: 'K', at: [6800, 6801], report: { seen: kept.of } },
      ],
    },
    {
      what: 'a session that ran out between the read and the write of the last one that used it',
      lines: [
        { op: 'write', def: 'brief', sent: null, at: [2, 3], report: sawNothing, cookie: 'B' },
        { op: 'add', def: 'brief', sent: 'B', at: [980, 1010], report: { seen: seen({ birth: 1 }) } },
        { op: 'read', def: 'brief', sent: 'B', at: [1200, 1210], report: sawNothing },
      ],
    },
    {
      what: 'a refused increment that a request beside it saw before it was taken back',
      lines: [
        { op: 'add', at: [2, 6], status: 409, report: {} },
        { op: 'read', at: [3, 4], report: saw({ log: [1], count: 1 }) },
        { op: 'read', at: [7, 8], report: saw() },
      ],
    },
    {
      what: 'either order of a clearing and an increment at the same time',
      lines: [
        { op: 'add', at: [2, 5] },
        { op: 'clear', at: [3, 4] },
        { op: 'read', at: [6, 7], report: { seen: seen() } },
        { op: 'read', at: [6, 7], report: { seen: seen({ log: [1], count: 1 }) } },
      ],
    },
    {
      what: 'a flash put back after all were cleared',
      lines: [
        { op: { kind: 'take', fail: 'throw' }, at: [2, 6], status: 500, report: { ...saw(), taken: { items: [0] } } },
        { op: 'clear', at: [3, 4], report: { seen: seen() } },
        { op: 'read', at: [7, 8] },
      ],
    },
    {
      what: 'a flash that is queued again, and then delivered',
      lines: [
        { op: 'keep', at: [2, 3], report: { ...saw(), kept: { items: [0] } } },
        { op: 'take', at: [4, 5], report: { ...saw(), taken: { items: [0] } } },
      ],
    },
    {
      what: 'two sessions of a request that failed, one of them stored',
      lines: [
        { op: 'add', at: [2, 3], status: 409, report: {}, beside: 2 },
        { op: 'add', def: 'second', sent: null, at: [2, 3], status: 409, report: {}, cookie: 'S', beside: 1 },
        { op: 'read', at: [4, 5] },
        { op: 'read', def: 'second', sent: 'S', at: [4, 5], report: { seen: seen({ birth: 2, log: [2], count: 1 }) } },
      ],
    },
    {
      what: 'the follower of an id, told to all who still have that one',
      lines: [
        turning,
        turned,
        { ...turned, at: [600, 601] },
        { op: 'read', def: 'turning', sent: 'U', at: [700, 701], report: { seen: turning.of } },
        { op: 'read', def: 'turning', sent: 'T', at: [2600, 2601], report: sawNothing },
      ],
    },
    {
      what: 'any of two lifetimes given at the same time',
      lines: [
        kept,
        { ...remember(1, 10, 1), at: [10, 12] },
        { ...remember(5, 10, 5), at: [11, 13] },
        { op: 'read', def: 'kept', sent: 'K', at: [1500, 1501], report: { seen: kept.of } },
        { op: 'read', def: 'kept', sent: 'K', at: [1600, 1601], report: sawNothing },
      ],
    },
    {
      what: 'the newest sessions of a user',
      lines: [
        ...[login(1, 'X', 2), login(2, 'Y', 4), login(3, 'Z', 6)],
        ...[readAs(2, 'Y', 8), readAs(3, 'Z', 8)],
        { op: 'read', def: 'oldest', sent: 'X', at: [8, 9], report: sawNothing },
      ],
    },
    {
      what: 'one handler after the other with a lock',
      lines: [
        { op: { kind: 'add', lock: true }, at: [2, 6], report: { ...saw(), held: [3, 4] } },
        { op: { kind: 'add', lock: true }, at: [2, 7], report: { ...saw(), held: [4, 6] } },
      ],
    },
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

describe('what servers print', () => {
  const id = 'iD_'.repeat(15).slice(0, 43)
  const told = history({ op: 'add', sent: null, at: [2, 3], report: sawNothing, cookie: `${id}.${'t'.repeat(22)}` })
  const leaks = (...printed: string[]) => {
    const kept = printed.filter((line) => isSuspicious(line, ['canary']))
    return check({ ...told, printed: kept, canaries: ['canary'] }).violations.filter(({ law }) => law === 'leak')
  }

  it.each([
    ['an id', `session ${id} is gone`],
    ['an id within other text', `key=user_${id}-9`],
    ['a value', '{ data: canary }'],
    [
      'the bytes of a value',
      `<Buffer 01 02 ${Buffer.from('00000canary00000')
        .toString('hex')
        .replaceAll(/..(?=.)/g, '$& ')}>`,
    ],
  ])('must not hold %s', (_, line) => {
    const [found] = leaks('harmless', line)
    expect(found?.law).toBe('leak')
    expect(found?.what).not.toContain(id)
  })

  it('may hold refs, hashes and text', () => {
    expect(leaks('loaded {"session":"strict","ref":"AbCdEfGh"}', `${'h'.repeat(43)}`)).toEqual([])
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
