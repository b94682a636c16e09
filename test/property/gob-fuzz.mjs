// The fuzz of gob: streams that Go has written, changed; and streams put together of hostile parts: types of themselves, of each
// other and of none, ids used twice or negative, counts and lengths of more than there is.
import { createRandom, mutate } from './fuzz-mutate.mjs'

/** What a stream of so many bytes may hold, in values: see MAX_VALUES of src/adopt/gob/decoder.ts. */
const limitOf = (size) => 100_000 + 4 * size

/** @type {typeof import('./gob-fuzz.mjs').fuzzGob} */
export function fuzzGob({ decodeGobStream, gobTypes, SessionError }, samples, { runs, seed, maxMs }) {
  const random = createRandom(seed)
  const types = gobTypes()
  for (const name of ['Role', 'Level', 'User', 'Embedded', 'Tree', 'Outer', 'List']) types.register(`main.${name}`)
  for (const name of ['main.Money', 'Money', 'main.Secret', 'Secret']) types.register(name)
  const report = { read: 0, refused: {}, slowest: { ms: 0, at: -1, size: 0 }, most: 0, failures: [] }
  for (let run = 0; run < runs && report.failures.length < 10; run++) {
    const way = random.below(4)
    const stream = way === 0 ? hostile(random) : mutate(random, random.pick(samples), random.pick(samples))
    // Every length of a stream comes up.
    read(way === 1 ? stream.subarray(0, random.below(stream.length + 1)) : stream, run)
  }
  return report

  function read(stream, at) {
    const before = process.memoryUsage().arrayBuffers
    const start = process.cpuUsage()
    let values
    let error
    try {
      values = decodeGobStream(stream, { types })
    } catch (caught) {
      error = caught
    }
    let ms = since(start)
    const fail = (why) =>
      report.failures.push({ at, why, stream: Buffer.from(stream.subarray(0, 400)).toString('hex') })
    const buffers = process.memoryUsage().arrayBuffers - before
    // A collection of garbage that happens to fall in here is not the decoder's: only what is slow every time counts.
    for (let again = 0; again < 2 && (ms > maxMs || ms > report.slowest.ms); again++) ms = Math.min(ms, timed(stream))
    if (ms > report.slowest.ms) report.slowest = { ms, at, size: stream.length }
    if (ms > maxMs) fail(`took ${ms.toFixed(0)} ms`)
    if (buffers > 16 * stream.length + 65_536) fail(`brought up ${buffers} bytes of buffers`)
    if (Object.keys(Object.prototype).length > 0 || {}.polluted !== undefined) fail('changed the prototype of objects')
    if (error !== undefined) {
      const code = error instanceof SessionError ? error.code : undefined
      if (code !== 'ERR_SESSION_UNREADABLE' && code !== 'ERR_SESSION_MISDEPLOY') fail(`threw ${error?.stack ?? error}`)
      report.refused[code] = (report.refused[code] ?? 0) + 1
      return
    }
    report.read++
    const count = countOf(values)
    const share = count / limitOf(stream.length)
    if (share > report.most) report.most = share
    if (share > 1) fail(`gave ${count} values for ${stream.length} bytes`)
  }

  function timed(stream) {
    const start = process.cpuUsage()
    try {
      decodeGobStream(stream, { types })
    } catch {}
    return since(start)
  }
}

function since(start) {
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000
}

function countOf(root) {
  let count = -1
  const waiting = [root]
  while (waiting.length > 0) {
    const value = waiting.pop()
    count++
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || value instanceof Date) continue
    if (value instanceof Map) for (const [key, item] of value) waiting.push(key, item)
    else for (const key of Object.keys(value)) waiting.push(value[key])
  }
  return count
}

const NAMES = ['A', 'Next', '__proto__', 'constructor', '', 'x'.repeat(300)]

/** A few declarations of types that know each other, or do not, and values of them. */
function hostile(random) {
  const ids = [65, 66, 67, 68]
  const id = () =>
    random.pick([...ids, ...ids, ...ids, 1, 2, 3, 4, 5, 6, 7, 8, 16, 19, 23, 0, -1, -65, 64, 9999, 2 ** 31])
  const count = () => random.pick([0, 1, 1, 2, 3, 30, 127, 255, 4096, 65_535, 2 ** 31, 2 ** 53])
  const common = (own) => [1, 2, ...int(own), 0]
  const name = () => {
    const text = Buffer.from(random.pick(NAMES))
    return [...uint(text.length), ...text]
  }
  const declare = (own) => {
    const kind = random.pick([1, 2, 3, 3, 3, 4, 5, 6, 7])
    const head = [...int(-own), kind, ...common(own)]
    if (kind === 1) return message([...head, 1, ...int(id()), 1, ...int(count()), 0, 0])
    if (kind === 2) return message([...head, 1, ...int(id()), 0, 0])
    if (kind === 4) return message([...head, 1, ...int(id()), 1, ...int(id()), 0, 0])
    if (kind > 4) return message([...head, 0, 0])
    const fields = Array.from({ length: random.pick([0, 1, 2, 5, 100]) }, () => [1, ...name(), 1, ...int(id()), 0])
    return message([...head, 1, ...uint(random.below(10) ? fields.length : count()), ...fields.flat(), 0, 0])
  }
  const declared = ids.filter(() => random.below(8) > 0).flatMap((own) => declare(random.below(20) ? own : id()))
  const body = Array.from({ length: random.pick([0, 1, 4, 20, 300, 2000]) }, () =>
    random.pick([0, 1, 1, 1, 2, 3, random.below(256)]),
  )
  const value = [
    ...int(random.pick(ids)),
    ...(random.below(2) ? [0] : []),
    ...(random.below(3) ? [] : uint(count())),
    ...body,
  ]
  const whole = random.below(10) ? message(value) : [...uint(count()), ...value]
  return Uint8Array.from([...declared, ...whole])
}

function uint(value) {
  if (value < 128) return [value]
  const hex = BigInt(value).toString(16)
  const digits = [...Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex')]
  return [256 - digits.length, ...digits]
}
const int = (value) => uint(value < 0 ? -2 * value - 1 : 2 * value)
const message = (content) => [...uint(content.length), ...content]
