import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { decodeGobStream, gobTypes } from '../../src/adopt/gob.js'
import { SessionError } from '../../src/core/errors.js'
import { runs } from '../support/long.js'
import { fuzzGob } from './gob-fuzz.mjs'

const frozen = readFileSync(new URL('../unit/adopt/gob-random.json', import.meta.url), 'utf8')
const samples = (JSON.parse(frozen) as readonly { readonly bytes: string }[]).map(({ bytes }) =>
  Buffer.from(bytes, 'base64'),
)

it('gob streams that were changed, cut or made to hurt are refused or read, in bounded time and memory (law 8)', () => {
  const count = runs(20_000)
  const seed = Number(process.env['FUZZ_SEED'] ?? 1)
  const { failures, read, refused } = fuzzGob({ decodeGobStream, gobTypes, SessionError }, samples, {
    runs: count,
    seed,
    maxMs: 1000,
  })
  expect(failures).toStrictEqual([])
  // Both happen: a run that refuses everything, or nothing, has tested nothing. A gob stream seldom survives a change.
  expect(read).toBeGreaterThan(count / 200)
  expect(refused['ERR_SESSION_UNREADABLE']).toBeGreaterThan(count / 4)
})
