import { describe, expect, it } from 'vitest'
import { type Bad, begin, laws, login, readAs, saw, sawNothing, seen, turned, turning } from './histories.js'

const bad: readonly Bad[] = [
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
    what: 'a session more than a user may have',
    law: 'limit',
    lines: [
      ...[login(1, 'X', 2), login(2, 'Y', 4), login(3, 'Z', 6)],
      ...[readAs(1, 'X', 8), readAs(2, 'Y', 8), readAs(3, 'Z', 8)],
    ],
  },
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
]

describe('the checker reports', () => {
  it.each(bad)('$what (law $law)', ({ law, lines }) => {
    expect(laws(...lines)).toContain(law)
  })
})
