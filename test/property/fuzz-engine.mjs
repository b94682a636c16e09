// The fuzz: complete records of every codec, sealed or not, compressed or not, changed and read. The functions under test
// are passed in, so that the tests run it on src/ and `npm run fuzz` on dist/.
import { constants, deflateRawSync } from 'node:zlib'
import { bombsFor } from './fuzz-bombs.mjs'
import { createRandom, mutate } from './fuzz-mutate.mjs'
import { weigh } from './fuzz-weigh.mjs'

const SECRETS = ['fuzz-kX9vTq2Lw7Zr4mBn8sYc3pHd6fJg1aEo5u', 'fuzz-other-Yc3pHd6fJg1aEo5uRi0tQzMkX9vT']
const MAX_BYTES = 2 ** 20
/** What one value may take, by the count of fuzz-weigh.mjs, and what buffers may come up while it is read. */
const limitOf = (size) => 16 * size + 65_536

/**
 * @param {object} library what is tested: `codecs`, `encodeEnvelope`, `decodeEnvelope`, `applyTransforms`, `compress`,
 * `seal` and the error classes
 * @param {{ runs: number, seed: number, maxMs: number }} options
 */
export function fuzz(library, { runs, seed, maxMs }) {
  const random = createRandom(seed)
  const reader = createReader(library, maxMs)
  const seeds = seedRecords(library, reader.codecs)
  for (let run = 0; run < runs && reader.report.failures.length < 10; run++) {
    const { envelope, stack } = random.pick(seeds)
    const other = random.pick(seeds)
    const way = random.below(4)
    if (way < 2) {
      // Inside a sound envelope: what the codec must cope with.
      const data = mutate(random, envelope.data, other.envelope.data)
      reader.read(store(library, { ...envelope, data }, stack), stack, false, run)
    } else if (way === 2) {
      const flash = mutate(random, envelope.flash ?? envelope.data, other.envelope.data)
      reader.read(store(library, { ...envelope, flash }, stack), stack, false, run)
    } else {
      const stored = store(library, envelope, stack)
      const foreign = store(library, other.envelope, other.stack)
      const changed = random.below(20) === 0 ? library.encodeEnvelope(envelope) : mutate(random, stored, foreign)
      // A splice may give back one of the two whole: those the app wrote itself.
      const forged = ![stored, foreign].some((written) => Buffer.compare(written, changed) === 0)
      reader.read(changed, stack, forged, run)
    }
  }
  return { runs, seed, ...reader.report }
}

/** Reads every pinned bomb once. */
export function readBombs(library, { maxMs }) {
  const reader = createReader(library, maxMs)
  for (const codec of reader.codecs) {
    for (const [what, data] of bombsFor(codec.name)) {
      for (const stack of stacksOf(library)) {
        if (stack.kind === 'deflated' || stack.kind === 'sealed') continue
        const record = store(library, envelopeOf(codec, data, undefined), stack)
        reader.read(record, stack, false, `${codec.name}: ${what}, ${stack.kind}`)
      }
    }
    const megabyte = deflateRawSync(new Uint8Array(2 ** 20), { finishFlush: constants.Z_FULL_FLUSH })
    const packed = Buffer.concat([...Array.from({ length: 900 }, () => megabyte), deflateRawSync('')])
    const bomb = { name: 'deflate', apply: () => packed }
    for (const stack of stacksOf(library)) {
      if (!stack.kind.startsWith('deflate')) continue
      const transforms = stack.transforms.map((transform) => (transform.name === 'deflate' ? bomb : transform))
      const record = store(library, envelopeOf(codec, new Uint8Array(10), undefined), { ...stack, transforms })
      reader.read(record, stack, false, `${codec.name}: 900 MB compressed, ${stack.kind}`)
    }
  }
  return reader.report
}

function createReader(library, maxMs) {
  const { decodeEnvelope, SessionError, MisdeployError, UnreadableRecordError, CodecError } = library
  const codecs = library.codecs.map((codec) => ({ name: codec.name, bound: codec.bind({ shape: {} }) }))
  const prototypes = prototypesNow()
  const report = { read: 0, refused: {}, slowest: { ms: 0, at: undefined, size: 0 }, heaviest: 0, failures: [] }

  function read(record, stack, forged, at) {
    if (record === undefined) return
    const before = process.memoryUsage().arrayBuffers
    const start = cpuTime()
    let values
    let error
    try {
      values = decode(record, stack)
    } catch (caught) {
      error = caught
    }
    let ms = cpuTime() - start
    const buffers = process.memoryUsage().arrayBuffers - before
    const fail = (why) =>
      report.failures.push({ at, why, record: Buffer.from(record.subarray(0, 300)).toString('hex') })

    // A collection of garbage that happens to fall in here is not the reader's: only what is slow every time counts.
    if (ms > report.slowest.ms || ms > maxMs) ms = Math.min(ms, timeAgain(record, stack), timeAgain(record, stack))
    if (ms > report.slowest.ms) report.slowest = { ms, at, size: record.length }
    if (ms > maxMs) fail(`took ${ms.toFixed(0)} ms`)
    // Reading may hold the record undone, and what each step gives is at most MAX_BYTES.
    const undone =
      stack.kind === 'plain' || stack.kind === 'sealed' ? record.length : Math.min(MAX_BYTES, record.length * 1032)
    if (buffers > limitOf(undone)) fail(`brought up ${buffers} bytes of buffers for ${record.length}`)
    if (!samePrototypes(prototypes)) {
      fail('changed a built-in prototype')
      throw new Error('a built-in prototype was changed; nothing after this can be trusted')
    }
    if (error !== undefined) {
      const code = error instanceof SessionError ? error.code : undefined
      if (code !== 'ERR_SESSION_UNREADABLE' && code !== 'ERR_SESSION_MISDEPLOY') fail(`threw ${error?.stack ?? error}`)
      if (/call stack/.test(error.cause?.message)) fail('ran out of stack instead of counting the depth')
      report.refused[code] = (report.refused[code] ?? 0) + 1
      return
    }
    report.read++
    if (forged && stack.kind.endsWith('sealed')) fail('gave a value of a sealed record that was changed')
    for (const { value, codec } of values) {
      const { weight, foreign } = weigh(value)
      if (foreign) fail(`gave ${foreign}`)
      const ratio = weight / limitOf(undone)
      if (ratio > report.heaviest) report.heaviest = ratio
      if (ratio > 1) fail(`gave a value of weight ${weight} for ${record.length} bytes`)
      try {
        codec.bound.encode(value)
      } catch (refusal) {
        if (!(refusal instanceof CodecError)) fail(`gave a value whose encoding threw ${refusal?.stack ?? refusal}`)
      }
    }
  }

  /** What the record layer does: the envelope, then the codec it names; whatever a codec throws on damage becomes one error. */
  function decode(record, stack) {
    const envelope = decodeEnvelope(record, stack)
    const codec = codecs.find(({ name }) => name === envelope.codec)
    if (!codec) throw new MisdeployError('unknown codec')
    return [envelope.data, envelope.flash].flatMap((bytes) => {
      if (bytes === undefined) return []
      let value
      try {
        value = codec.bound.decode(bytes)
      } catch (cause) {
        if (cause instanceof MisdeployError) throw cause
        throw new UnreadableRecordError('The payload of a record cannot be decoded.', { cause })
      }
      if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
        throw new UnreadableRecordError('The payload of a record is not an object.')
      return [{ value, codec }]
    })
  }

  function timeAgain(record, stack) {
    const start = cpuTime()
    try {
      decode(record, stack)
    } catch {}
    return cpuTime() - start
  }

  return { codecs, report, read }
}

/** Milliseconds of this process on a processor: on a busy machine, time on the clock says little. */
function cpuTime() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

function stacksOf({ compress, seal }) {
  const base = { key: 'fuzz:h1.key', id: 'fuzz-id', maxBytes: MAX_BYTES, now: 0 }
  const packing = compress({ above: 32 })
  return [
    { ...base, kind: 'plain', transforms: [] },
    { ...base, kind: 'deflated', transforms: [packing] },
    { ...base, kind: 'sealed', transforms: [seal(SECRETS)] },
    { ...base, kind: 'deflated and sealed', transforms: [packing, seal(SECRETS, { holder: true })] },
  ]
}

function envelopeOf(codec, data, flash) {
  return {
    name: 'fuzz',
    codec: codec.name,
    schemaVersion: 1,
    persistent: false,
    createdAt: 1_700_000_000_000,
    absoluteExpiresAt: 1_700_086_400_000,
    idleMs: 3_600_000,
    data,
    flash,
  }
}

/** The stored record, or undefined for one that no app could store because it is too large. */
function store({ encodeEnvelope, applyTransforms, SessionError }, envelope, stack) {
  try {
    return applyTransforms(encodeEnvelope(envelope), stack)
  } catch (error) {
    if (error instanceof SessionError && error.code === 'ERR_SESSION_TOO_LARGE') return undefined
    throw error
  }
}

function seedRecords(library, codecs) {
  return codecs.flatMap((codec) =>
    seedValues().flatMap((value) => {
      let data
      try {
        data = codec.bound.encode(value)
      } catch (error) {
        if (error instanceof library.CodecError) return []
        throw error
      }
      const flash = codec.bound.encode({ notice: [1_700_000_000_000, 'Saved'] })
      return stacksOf(library).flatMap((stack) => [
        { stack, envelope: envelopeOf(codec, data, undefined) },
        { stack, envelope: envelopeOf(codec, data, flash) },
      ])
    }),
  )
}

function seedValues() {
  const shared = { sku: 'A-1', qty: 2 }
  return [
    {},
    { userId: 42, theme: 'dark', admin: false, nothing: null },
    {
      cart: Array.from({ length: 12 }, (_, i) => ({ sku: `A-${i}`, qty: i, price: i * 1.25 })),
      shared: [shared, shared],
    },
    { text: 'é€😀"\\'.repeat(20), 'a.b': { c: { d: { e: [[], [[]], {}] } } }, numbers: [0, -1, 2 ** 40, 1e300, 0.1] },
    { seen: new Date(1.7e12), early: new Date(-1), tags: new Set(['a', new Set([1])]), u: undefined },
    { visits: new Map([['a', new Map([[1, new Date(0)]])]]), big: [1n, -(2n ** 70n), 2n ** 64n - 1n] },
    { bytes: new Uint8Array([1, 2, 3]), floats: new Float64Array([1.5, Number.NaN]), wide: new BigInt64Array([-1n]) },
    { pattern: /a+b/gi, url: new URL('https://example.com/a?b=c'), zero: -0, nan: Number.NaN, inf: -Infinity },
    { error: new TypeError('bad', { cause: new Error('deeper') }), list: new Set([new Map([[{}, []]])]) },
  ]
}

const guarded = [Object, Array, Map, Set, Date, RegExp, URL, Error, Function, String, Number, Uint8Array, Promise]

function prototypesNow() {
  return guarded.map(({ prototype }) => [
    prototype,
    Reflect.ownKeys(prototype).length,
    Object.getPrototypeOf(prototype),
  ])
}

function samePrototypes(before) {
  return before.every(
    ([prototype, keys, parent]) =>
      Reflect.ownKeys(prototype).length === keys && Object.getPrototypeOf(prototype) === parent,
  )
}
