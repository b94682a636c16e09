// How the fuzz changes bytes: at random, and knowing what CBOR, JSON and superjson look like.

/** A small seeded generator (mulberry32): the same seed draws the same run on every machine. */
export function createRandom(seed) {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit) => Math.floor(next() * limit)
  const pick = (list) => list[below(list.length)]
  return { next, below, pick, bytes: (length) => Uint8Array.from({ length }, () => below(256)) }
}

/** One change, or a few, to a copy of `bytes`. `other` is a record to splice with. */
export function mutate(random, bytes, other) {
  let out = bytes
  for (let i = random.pick([1, 1, 1, 2, 4]); i > 0; i--) out = random.pick(mutations)(random, out, other)
  return out
}

const mutations = [
  flip,
  flip,
  flip,
  overwrite,
  overwrite,
  insert,
  remove,
  duplicate,
  splice,
  length,
  head,
  nest,
  token,
  token,
]

function flip(random, bytes) {
  const out = bytes.slice()
  if (out.length > 0) out[random.below(out.length)] ^= 1 << random.below(8)
  return out
}

function overwrite(random, bytes) {
  const out = bytes.slice()
  if (out.length > 0) out[random.below(out.length)] = random.pick([0, 0x7f, 0x80, 0xff, random.below(256)])
  return out
}

function insert(random, bytes) {
  return put(bytes, random.below(bytes.length + 1), 0, random.bytes(1 + random.below(8)))
}

function remove(random, bytes) {
  return put(bytes, random.below(bytes.length + 1), 1 + random.below(random.pick([4, bytes.length + 1])), [])
}

function duplicate(random, bytes) {
  const from = random.below(bytes.length + 1)
  const part = bytes.slice(from, from + 1 + random.below(random.pick([4, 40])))
  const times = random.pick([1, 1, 2, 50])
  return put(bytes, from, 0, repeat(part, times))
}

function splice(random, bytes, other) {
  const head = bytes.slice(0, random.below(bytes.length + 1))
  return put(head, head.length, 0, other.slice(random.below(other.length + 1)))
}

/** Numbers where a length may stand: one, two, four and eight bytes, and varints. */
function length(random, bytes) {
  const value = random.pick([
    [0xff],
    [0x7f],
    [0, 0],
    [0xff, 0xff],
    [0x7f, 0xff, 0xff, 0xff],
    [0xff, 0xff, 0xff, 0xff],
    [0, 0x10, 0, 0],
    [0, 0, 0, 1, 0, 0, 0, 0],
    [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    [0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
  ])
  return put(bytes, random.below(bytes.length + 1), random.pick([0, value.length]), value)
}

/** The head of a CBOR item: any type, any width of argument. */
function head(random, bytes) {
  const major = random.below(8) << 5
  const info = random.pick([0, 1, 2, 23, 24, 25, 26, 27, 28, 31])
  const width = info >= 24 && info <= 27 ? 2 ** (info - 24) : 0
  const argument = random.pick([
    () => random.bytes(width),
    () => new Uint8Array(width).fill(255),
    () => new Uint8Array(width).fill(1, width - 1),
  ])()
  return put(bytes, random.below(bytes.length + 1), random.pick([0, 1]), [major | info, ...argument])
}

/** Container in container, or tag in tag. */
function nest(random, bytes) {
  return put(bytes, random.below(bytes.length + 1), 0, random.pick(nests))
}

/** Words that mean something to a reader, in place of others or between them. */
function token(random, bytes) {
  const word = random.pick(words)
  const at = random.below(bytes.length + 1)
  return put(bytes, at, random.pick([0, word.length]), word)
}

function put(bytes, at, drop, part) {
  const rest = bytes.subarray(Math.min(bytes.length, at + drop))
  const out = new Uint8Array(Math.min(at, bytes.length) + part.length + rest.length)
  out.set(bytes.subarray(0, at))
  out.set(part, Math.min(at, bytes.length))
  out.set(rest, Math.min(at, bytes.length) + part.length)
  return out
}

function repeat(part, times) {
  const out = new Uint8Array(part.length * times)
  for (let i = 0; i < times; i++) out.set(part, i * part.length)
  return out
}

function text(value) {
  return new TextEncoder().encode(value)
}

const nests = [[0x81], [0xa1, 0x61, 0x61], [0xc1], [0xd9, 0x01, 0x03, 0xa1, 0x00], text('['), text('{"a":')].flatMap(
  (part) => [1, 5, 100, 2000].map((times) => repeat(part, times)),
)

const words = [
  '__proto__',
  '"__proto__":{"polluted":true},',
  '"\\u005f_proto__":{"polluted":true},',
  '"constructor":{"prototype":{"polluted":true}},',
  '"length":4294967295,',
  '1e999',
  '-0',
  '123456789012345678901234567890',
  '"meta":{"values":{"a":["Date"]},"v":1}',
  '["set"]',
  '["map"]',
  '["bigint"]',
  '["Error"]',
  '[["typed-array","Float64Array"]]',
  '[["custom","z"]]',
  '[["class","Object"]]',
  '"referentialEqualities":{"a":["b"]},',
  '["bigint","ffffffffffffffffffff"]',
  '["Uint8Array","////"]',
  '["error","TypeError","m"]',
  'NaN',
  'null',
  '{}',
  '[]',
  '\\',
  '.',
].map(text)
words.push(
  ...[
    [0x69, 0x5f, 0x5f, 0x70, 0x72, 0x6f, 0x74, 0x6f, 0x5f, 0x5f, 0xa0],
    [0xc2, 0x58, 0xff],
    [0xc3, 0x59, 0x20, 0x00],
    [0xc0, 0x60],
    [0xc1, 0xfb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0],
    [0xd8, 0x1c, 0x80],
    [0xd8, 0x1d, 0x00],
    [0xd8, 0x23, 0x63, 0x28, 0x61, 0x2b],
    [0xd9, 0x01, 0x02, 0x80],
    [0xff],
    [0x9f],
    [0xbf],
  ].map((bytes) => Uint8Array.from(bytes)),
)
