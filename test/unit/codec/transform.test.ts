import { describe, expect, it } from 'vitest'
import { compress } from '../../../src/codec/compress.js'
import type { Transform } from '../../../src/codec/port.js'
import { seal } from '../../../src/codec/seal.js'
import { assertTransforms } from '../../../src/codec/transform.js'
import { SessionConfigError } from '../../../src/core/errors.js'
import { generateSecret } from '../../../src/core/keyring.js'

const named = (name: string): Transform => ({ name, apply: (bytes) => bytes, undo: (bytes) => bytes })

describe('assertTransforms', () => {
  it('takes none, one, and compression before sealing', () => {
    assertTransforms([])
    assertTransforms([compress()])
    assertTransforms([named('mine'), compress(), seal(generateSecret()), named('outer')])
    assertTransforms(Array.from({ length: 16 }, (_, i) => named(`t-${i}`)))
  })

  it.each<[string, Transform[], RegExp]>([
    ['sealed before compressed', [seal(generateSecret()), compress()], /Put `compress\(\)` before `seal\(\)`/],
    ['sealed, something, compressed', [seal(generateSecret()), named('x'), compress()], /before `seal\(\)`/],
    ['listed twice', [compress(), named('x'), compress()], /lists `deflate` twice/],
    ['without a name', [named('')], /is called ""/],
    ['of capitals', [named('Mine')], /is called "Mine"/],
    ['of a long name', [named('x'.repeat(33))], /1 to 32 characters/],
    ['too many', Array.from({ length: 17 }, (_, i) => named(`t-${i}`)), /lists 17 transforms/],
  ])('refuses transforms that are %s', (_, transforms, message) => {
    expect(() => assertTransforms(transforms)).toThrow(SessionConfigError)
    expect(() => assertTransforms(transforms)).toThrow(message)
  })
})
