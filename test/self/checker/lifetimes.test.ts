import { describe, expect, it } from 'vitest'
import { type Bad, kept, laws, remember, saw, sawNothing, seen, turned, turning } from './histories.js'

const bad: readonly Bad[] = [
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
