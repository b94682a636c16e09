import { expect, it } from 'vitest'
import { accumulated } from './xaes-kit.js'

it('XAES-256-GCM gives the published digest of a million accumulated messages', { timeout: 900_000 }, () => {
  expect(accumulated(1_000_000)).toBe('2163ae1445985a30b60585ee67daa55674df06901b890593e824b8a7c885ab15')
})
