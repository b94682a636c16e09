import { describe, expect, it } from 'vitest'
import { type Bad, cleared, laws, saw, sawNothing, seen } from './histories.js'

const bad: readonly Bad[] = [
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
  {
    what: 'two handlers with one lock',
    law: 'lock',
    lines: [
      { op: { kind: 'add', lock: true }, at: [2, 6], report: { ...saw(), held: [3, 5] } },
      { op: { kind: 'add', lock: true }, at: [2, 7], report: { ...saw(), held: [4, 6] } },
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
]

describe('the checker reports', () => {
  it.each(bad)('$what (law $law)', ({ law, lines }) => {
    expect(laws(...lines)).toContain(law)
  })
})
