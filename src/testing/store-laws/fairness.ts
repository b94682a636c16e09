import assert from 'node:assert/strict'
import { hasSubjectIndex, isCollectable, isScannable, type SessionStore } from '../../stores/port.js'
import { future, keyOf, type Law, needed, recordOf } from './harness.js'

/** How many records there are at most, and for how long they are made: fewer on a slow store, which blocks longer with each. */
const MANY = 50_000
const FILL_MS = 2000
const AT_ONCE = 64

/** For how long one call may keep a timer of a millisecond from firing. */
const LONGEST_MS = 50
/** The machine may be busy, or collect the garbage of the process: what blocks does so each time. */
const TRIES = 5

/** Calls over many records let everything else of the process run in between. */
export const fairnessLaws = {
  'collectGarbage of many records lets a timer fire meanwhile': async ({ store }) => {
    const collectable = needed(isCollectable(store) && store, 'the power Collectable')
    let left = await fill(store)
    // A part each time, so that every try has something to collect.
    await assertFair(async (attempt) => {
      const limit = attempt < TRIES ? Math.floor(left / 2) : left
      left -= await collectable.collectGarbage(future, limit)
    })
  },
  'scan of many records lets a timer fire meanwhile': async ({ store }) => {
    const scannable = needed(isScannable(store) && store, 'the power Scannable')
    await fill(store)
    await assertFair(() => exhaust(scannable.scan('fair:')))
  },
  'bySubject of many records lets a timer fire meanwhile': async ({ store }) => {
    const index = needed(hasSubjectIndex(store) && store, 'the power SubjectIndex')
    await fill(store)
    await assertFair(() => exhaust(index.bySubject('ann')))
  },
} satisfies Record<string, Law>

/** @returns how many there are now */
async function fill(store: SessionStore): Promise<number> {
  const began = performance.now()
  let made = 0
  while (made < MANY && performance.now() - began < FILL_MS) {
    const batch = Array.from({ length: AT_ONCE }, (_, i) => keyOf(`fair:${made + i}`))
    await Promise.all(batch.map((key) => store.create(key, recordOf('x', { subject: 'ann' }))))
    made += AT_ONCE
  }
  return made
}

async function exhaust(records: AsyncIterable<unknown>): Promise<void> {
  const iterator = records[Symbol.asyncIterator]()
  while (!(await iterator.next()).done);
}

async function assertFair(run: (attempt: number) => Promise<void>): Promise<void> {
  const gaps: number[] = []
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const gap = await longestGap(() => run(attempt))
    if (gap <= LONGEST_MS) return
    gaps.push(Math.round(gap))
  }
  assert.fail(
    `A timer of 1 ms waited ${gaps.join(', ')} ms beside the call; ${LONGEST_MS} are allowed. Work in batches, with a setImmediate in between.`,
  )
}

/**
 * The longest time between two firings, measured by the clock and by the processor time of this process, whichever is shorter: a
 * process that had to wait for the machine has blocked nobody.
 */
async function longestGap(run: () => Promise<void>): Promise<number> {
  let longest = 0
  let last = now()
  const look = () => {
    const next = now()
    longest = Math.max(longest, Math.min(next.wall - last.wall, next.processor - last.processor))
    last = next
  }
  const timer = setInterval(look, 1)
  try {
    // From a firing of the timer on, so that nothing before the call counts.
    await new Promise((resolve) => setTimeout(resolve, 2))
    await run()
    await new Promise((resolve) => setTimeout(resolve, 2))
  } finally {
    clearInterval(timer)
    look()
  }
  return longest
}

function now() {
  const { user, system } = process.cpuUsage()
  return { wall: performance.now(), processor: (user + system) / 1000 }
}
