import { describe, expect, it } from 'vitest'
import { registerBuiltins } from '../../src/codec/builtin-types.js'
import { cbor } from '../../src/codec/cbor.js'
import { compress } from '../../src/codec/compress.js'
import { decodeEnvelope, encodeEnvelope } from '../../src/codec/envelope.js'
import { applyTransforms } from '../../src/codec/envelope-transforms.js'
import { json } from '../../src/codec/json.js'
import { registry } from '../../src/codec/registry.js'
import { seal } from '../../src/codec/seal.js'
import { superjson } from '../../src/codec/superjson.js'
import * as errors from '../../src/core/errors.js'
import { typeRegistry } from '../../src/core/type-registry.js'
import { runs } from '../support/long.js'
import { fuzz, readBombs } from './fuzz-engine.mjs'

const library = {
  ...errors,
  codecs: [cbor(), json(), superjson(), registry(registerBuiltins(typeRegistry()))],
  encodeEnvelope,
  decodeEnvelope,
  applyTransforms,
  compress,
  seal,
}
const changed = runs(20_000)
const seed = Number(process.env['FUZZ_SEED'] ?? 1)

describe('records that were changed (law 8)', () => {
  it('are refused with a typed error or read, in bounded time and memory, and no prototype changes', () => {
    const { failures, read, refused } = fuzz(library, { runs: changed, seed, maxMs: 1000 })
    expect(failures).toEqual([])
    // Both happen often: a run that refuses everything, or nothing, has tested nothing.
    expect(read).toBeGreaterThan(changed / 40)
    expect(refused['ERR_SESSION_UNREADABLE']).toBeGreaterThan(changed / 4)
  }, 300_000)

  it('are no bombs', () => {
    const { failures, refused } = readBombs(library, { maxMs: 1000 })
    expect(failures).toEqual([])
    expect(refused['ERR_SESSION_UNREADABLE']).toBeGreaterThan(50)
  }, 300_000)
})
