import { expect, it } from 'vitest'
import { holdsTime } from '../../../src/schema/time.js'

const now = Date.UTC(2026, 1, 3, 12)
const clock = () => now

it.each([
  now,
  now + 30 * 86_400_000,
  Math.floor(now / 1000),
  BigInt(now),
  new Date(now),
  new Date(now).toISOString(),
  '2026-02-03',
  [{ at: now }],
  new Map([['at', now]]),
  new Set([now]),
])('sees a time near the present in %o', (value) => {
  expect(holdsTime(value, clock)).toBe(true)
})

it.each([
  0,
  1,
  -1,
  0.5,
  Number.NaN,
  1_000_000_000,
  new Date(0),
  '2020-01-01',
  '2026-02-03 is no date',
  'light',
  1n,
  true,
  null,
  undefined,
  [],
  { n: 1 },
  new Map(),
])('sees none in %o', (value) => {
  expect(holdsTime(value, clock)).toBe(false)
})
