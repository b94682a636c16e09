import { describe, expect, it } from 'vitest'
import { mergeValues } from '../../../src/schema/merge.js'

describe('mergeValues', () => {
  it.each([
    ['sum', 5, 7, 10, 12],
    ['sum', undefined, 2, 3, 5],
    ['sum', 5n, 3n, 10n, 8n],
    ['sum', 1, 'x', 2, 'x'],
    ['union', ['a', 'b'], ['b', 'c'], ['a', 'b', 'd'], ['b', 'd', 'c']],
    ['union', undefined, ['x'], ['y'], ['y', 'x']],
    ['union', [{ id: 1 }], [{ id: 1 }, { id: 2 }], [{ id: 1 }, { id: 3 }], [{ id: 1 }, { id: 3 }, { id: 2 }]],
    ['union', new Set([1, 2]), new Set([2, 3]), new Set([1, 2, 4]), new Set([2, 4, 3])],
    ['append', ['a'], ['a', 'b'], ['a', 'c'], ['a', 'c', 'b']],
    ['append', ['a'], ['b'], ['a', 'c'], ['b']],
    ['append', undefined, ['b'], ['c'], ['c', 'b']],
    ['last', 1, 2, 3, 2],
  ] as const)('%s of %o: mine %o, theirs %o', (rule, base, mine, theirs, expected) => {
    expect(mergeValues(rule, base, mine, theirs)).toEqual(expected)
  })
})
