import type { Change } from '../record/changes.js'
import type { UnitOfWork } from './unit-of-work.js'

/** What one of several responses does in a session that they share, and can take back alone. */
export interface Part {
  /** The shared work; what is changed through it is remembered as this part's. */
  readonly unit: UnitOfWork
  /** This response has failed: its changes that are not stored yet are dropped. Answers the channels whose flash it had taken. */
  takeBack(): readonly string[]
}

/** A part of the work of a request: for a request inside another, whose response the other makes its own of. */
export function partOf(unit: UnitOfWork): Part {
  const own: Change[] = []
  const taken = new Set<string>()
  const flash = passingThrough(unit.flash, {
    claimed: (...[all, delivered]: Parameters<typeof unit.flash.claimed>) => {
      for (const [channel, entry] of delivered) {
        if (unit.flash.delivered.get(channel) !== entry) taken.add(channel)
      }
      unit.flash.claimed(all, delivered)
    },
  })
  return {
    unit: passingThrough(unit, {
      flash,
      change: (change: Change) => {
        unit.change(change)
        own.push(change)
      },
    }),
    takeBack() {
      if (unit.phase !== 'open') return []
      unit.drop(own)
      return [...taken]
    },
  }
}

/** Everything of the target but what is given instead. Its methods run on the target itself, which has private state. */
function passingThrough<T extends object>(target: T, instead: Readonly<Record<string, unknown>>): T {
  return new Proxy(target, {
    get(_, key) {
      if (typeof key === 'string' && Object.hasOwn(instead, key)) return instead[key]
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}
