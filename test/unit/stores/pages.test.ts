import { describe, expect, it } from 'vitest'
import { pages } from '../../../src/stores/pages.js'
import type { KeyedRecord } from '../../../src/stores/port.js'

const found = (key: number) => ({ key: String(key) }) as unknown as KeyedRecord

async function walk(count: number, inclusive: boolean, read = found as (row: number) => KeyedRecord | undefined) {
  const rows = [...Array(count).keys()]
  const limits: number[] = []
  const keys: string[] = []
  const query = async (last: number | undefined, limit: number) => {
    limits.push(limit)
    const from = last === undefined ? 0 : inclusive ? last : last + 1
    return rows.slice(from, from + limit)
  }
  for await (const { key } of pages(query, read)) keys.push(key)
  return { keys, queries: limits.length }
}

describe('a walk in pages', () => {
  it.each([0, 1, 99, 100, 101, 250].flatMap((count) => [[count, false] as const, [count, true] as const]))(
    'meets each of %i rows once, in order; the last row of a page comes again: %s',
    async (count, inclusive) => {
      const { keys } = await walk(count, inclusive)
      expect(keys).toEqual([...Array(count).keys()].map(String))
    },
  )

  it('passes over rows without a record, whole pages of them too', async () => {
    const { keys, queries } = await walk(450, false, (row) => (row > 120 && row < 400 ? undefined : found(row)))
    expect(keys.length).toBe(121 + 50)
    expect(queries).toBe(5)
  })
})
