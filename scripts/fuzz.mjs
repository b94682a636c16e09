// Changes a million stored records, and as many gob streams of Go, in every way the fuzz knows, reads them with the built library,
// and reports.
//
//   npm run fuzz                          FUZZ_RUNS=1000000 FUZZ_SEED=1
//   FUZZ_SEED=random npm run fuzz         other changes; the seed is printed
//
// Fails on an untyped error, a reading over 50 ms of processor time, a value or buffers over 16 times the record and 64 KiB, a changed
// prototype, or a sealed record that gives a value after it was changed.
import { readFileSync } from 'node:fs'
import { decodeGobStream, gobTypes } from '../dist/adopt/gob.js'
import { registerBuiltins } from '../dist/codec/builtin-types.js'
import { cbor } from '../dist/codec/cbor.js'
import { compress } from '../dist/codec/compress.js'
import { decodeEnvelope, encodeEnvelope } from '../dist/codec/envelope.js'
import { applyTransforms } from '../dist/codec/envelope-transforms.js'
import { json } from '../dist/codec/json.js'
import { registry } from '../dist/codec/registry.js'
import { seal } from '../dist/codec/seal.js'
import { superjson } from '../dist/codec/superjson.js'
import * as errors from '../dist/core/errors.js'
import { typeRegistry } from '../dist/core/type-registry.js'
import { fuzz, readBombs } from '../test/property/fuzz-engine.mjs'
import { fuzzGob } from '../test/property/gob-fuzz.mjs'

const { FUZZ_RUNS = '1000000', FUZZ_SEED = '1' } = process.env
const runs = Number(FUZZ_RUNS)
const seed = FUZZ_SEED === 'random' ? Math.floor(Math.random() * 2 ** 32) : Number(FUZZ_SEED)
if (!Number.isSafeInteger(runs) || !Number.isSafeInteger(seed))
  throw new Error('FUZZ_RUNS is a whole number; FUZZ_SEED is one too, or `random`.')

const codecs = [cbor(), json(), superjson(), registry(registerBuiltins(typeRegistry()))]
const library = { ...errors, codecs, encodeEnvelope, decodeEnvelope, applyTransforms, compress, seal }

console.log(`fuzz: ${runs} records, seed ${seed}, codecs ${codecs.map(({ name }) => name).join(', ')}`)
const start = Date.now()
const changed = fuzz(library, { runs, seed, maxMs: 50 })
report(`${runs} changed records in ${((Date.now() - start) / 1000).toFixed(0)} s`, changed)
// A bomb is a whole megabyte: sound records of that size take longer than 50 ms, too.
const bombs = readBombs(library, { maxMs: 500 })
report('pinned bombs', bombs)
const frozen = readFileSync(new URL('../test/unit/adopt/gob-random.json', import.meta.url), 'utf8')
const samples = JSON.parse(frozen).map(({ bytes }) => Buffer.from(bytes, 'base64'))
const startOfGob = Date.now()
// A short stream may stand for a hundred thousand values.
const gob = fuzzGob({ ...errors, decodeGobStream, gobTypes }, samples, { runs, seed, maxMs: 250 })
report(`${runs} gob streams in ${((Date.now() - startOfGob) / 1000).toFixed(0)} s`, { ...gob, heaviest: gob.most })
console.log(`most memory this process ever held: ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`)

const failures = [...changed.failures, ...bombs.failures, ...gob.failures]
for (const failure of failures) console.error(failure)
if (failures.length > 0) {
  console.error(`fuzz: FAILED. Repeat with FUZZ_SEED=${seed} FUZZ_RUNS=${runs}`)
  process.exitCode = 1
}

function report(title, { read, refused, slowest, heaviest }) {
  const refusals = Object.entries(refused).map(([code, count]) => `${count} ${code}`)
  console.log(`${title}: ${read} gave a value, refused ${refusals.join(', ')}`)
  console.log(
    `  slowest ${slowest.ms.toFixed(1)} ms (${slowest.size} bytes, at ${slowest.at}); heaviest value ${(heaviest * 100).toFixed(1)} % of its limit`,
  )
}
