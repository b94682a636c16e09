import { describe, expect, it } from 'vitest'
import { type Bad, cleared, laws, saw, seen } from './histories.js'

const bad: readonly Bad[] = [
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
]

describe('the checker reports', () => {
  it.each(bad)('$what (law $law)', ({ law, lines }) => {
    expect(laws(...lines)).toContain(law)
  })
})
