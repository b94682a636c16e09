import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../src/stores/memory.js'
import { breaks, findBroken } from '../support/histories-breaks.js'
import { historyLaws } from '../support/histories-laws.js'
import { runs } from '../support/long.js'

const anew = () => [memoryStore()]

describe('histories of several tabs, every interleaving of their store calls', () => {
  historyLaws(anew, runs(1000))
})

describe('the checker finds', () => {
  it.each(breaks)('$what', async (each) => {
    const found = await findBroken(each, anew)
    expect(each.laws).toContain(found?.violation.law)
  })
})
