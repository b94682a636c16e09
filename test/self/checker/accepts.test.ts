import { describe, expect, it } from 'vitest'
import { check } from '../../chaos/checker.mjs'
import {
  history,
  kept,
  type Line,
  login,
  readAs,
  remember,
  saw,
  sawNothing,
  seen,
  turned,
  turning,
} from './histories.js'

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
      what: 'a flash of a session that began after a logout, by a request whose answer failed',
      lines: [
        { op: 'logout', at: [2, 3] },
        { op: 'item', at: [4, 5], status: 503, report: {}, cookie: 'B' },
        { op: 'read', sent: 'B', at: [6, 7], report: saw({ birth: 2, items: [2] }) },
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
