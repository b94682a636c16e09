import fc from 'fast-check'
import type { LawNumber, Op } from '../chaos/checker.mjs'

/** What one tab does next. */
export interface Step {
  readonly kind: Op['kind'] | 'wait'
  readonly key: string
  readonly flag: boolean
  readonly user: string
  readonly fail: boolean
  readonly lost: boolean
  readonly cookie: 'own' | 'old' | 'foreign'
}

/** The steps of each tab of one browser. */
export type Tabs = readonly (readonly Step[])[]

export const FOREIGN = 'x'.repeat(43)
export const plain = { key: 'a', flag: false, user: 'ada', fail: false, lost: false, cookie: 'own' } as const

function tabsOf(kinds: readonly Step['kind'][], { fails = 6, foreign = 30 } = {}): fc.Arbitrary<Tabs> {
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

/** Whether the next step may begin while store calls are under way, step by step and again from the start. */
export const overlaps = fc.array(fc.boolean(), { minLength: 1, maxLength: 8 })

/** A law, with histories that try it. */
export interface HistoryCase {
  readonly law: LawNumber
  readonly title: string
  readonly def?: string
  readonly tabs: fc.Arbitrary<Tabs>
  /** How often a history checks the law, on average: where nothing could go wrong, nothing was tested. */
  readonly atLeast: number
}

const LIFE = ['login', 'logout', 'relog', 'regenerate', 'rotate'] as const
export const cases: readonly HistoryCase[] = [
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
