// Small inputs that were known to cost some reader much time or memory. Pinned: each is read on every run.

/** The payloads for one codec, by what they are. */
export function bombsFor(codec) {
  return codec === 'json' ? jsonBombs : codec === 'superjson' ? [...jsonBombs, ...superjsonBombs] : binaryBombs
}

const MEGABYTE = 2 ** 20 - 1000
const utf8 = (value) => new TextEncoder().encode(value)
const bytes = (...parts) => new Uint8Array(parts.flat())
const repeat = (part, times) => [].concat(...Array.from({ length: times }, () => part))
/** An object with one key, `a`. */
const field = (value) => new Uint8Array(Buffer.concat([Buffer.from([0xa1, 0x61, 0x61]), value]))
const size32 = (value) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]
const filled = (head, size, byte) => Buffer.concat([Buffer.from(head), Buffer.alloc(size, byte)])

const binaryBombs = [
  [
    'the key __proto__',
    // Not at the top, where a foreign prototype is found at once.
    field(Buffer.from([0xa1, 0x69, ...utf8('__proto__'), 0xa1, 0x68, ...utf8('polluted'), 0xf5])),
  ],
  ...[0x5b, 0x7b, 0x9b, 0xbb].map((head) => [`length 2^64 of type ${head >> 5}`, field(bytes(head, repeat([255], 8)))]),
  ...[0x5a, 0x7a, 0x9a, 0xba].map((head) => [`length 2^32 of type ${head >> 5}`, field(bytes(head, repeat([255], 4)))]),
  ['arrays that each claim the rest', field(Buffer.from(repeat([0x9a, 0, 0x0f, 0, 0], 20_000)))],
  ['a bignum of a megabyte', field(filled([0xc2, 0x5a, ...size32(MEGABYTE)], MEGABYTE, 0xfe))],
  ['a negative bignum of a megabyte', field(filled([0xc3, 0x5a, ...size32(MEGABYTE)], MEGABYTE, 0xfe))],
  ['arrays a million deep', field(Buffer.alloc(MEGABYTE, 0x81))],
  ['tags a million deep', field(Buffer.alloc(MEGABYTE, 0xc1))],
  ['objects a million deep', Buffer.alloc(MEGABYTE, Buffer.from([0xa1, 0x61, 0x61]))],
  ['maps a million deep', field(Buffer.alloc(MEGABYTE, Buffer.from([0xd9, 0x01, 0x03, 0xa1, 0x00])))],
  ['a million empty arrays', field(filled([0x9a, ...size32(MEGABYTE)], MEGABYTE, 0x80))],
  ['a pattern of a megabyte', field(filled([0xd8, 0x23, 0x7a, ...size32(MEGABYTE)], MEGABYTE, 0x28))],
  ['sparse positions', field(Buffer.from([0xa1, 0x6a, ...utf8('4294967294'), 0x00]))],
]

const jsonBombs = [
  ['arrays a million deep', utf8('['.repeat(MEGABYTE))],
  ['closed arrays half a million deep', utf8(`{"a":${'['.repeat(500_000)}${']'.repeat(500_000)}}`)],
  ['objects deep', utf8('{"a":'.repeat(200_000))],
  ['a number of a million digits', utf8(`{"a":${'9'.repeat(MEGABYTE)}}`)],
  ['a million empty arrays', utf8(`{"a":[${'[],'.repeat(300_000)}[]]}`)],
  ['an escaped __proto__', utf8('{"\\u005f_proto__":{"polluted":true}}')],
]

const superjson = (json, values) => utf8(JSON.stringify({ json, meta: { values, v: 1 } }))
const superjsonBombs = [
  ['a typed array of a billion', superjson({ a: 1e9 }, { a: [['typed-array', 'Float64Array']] })],
  ['a BigInt of a million digits', superjson({ a: '9'.repeat(MEGABYTE) }, { a: ['bigint'] })],
  ['our BigInt of a million digits', superjson({ a: ['bigint', 'f'.repeat(MEGABYTE)] }, { a: [['custom', 'z']] })],
  [
    'annotations deep',
    utf8(`{"json":{},"meta":{"v":1,"values":${'{"a":'.repeat(100_000)}["Date"]${'}'.repeat(100_001)}}`),
  ],
  ['a path a million long', superjson({ a: 1 }, { [`a${'.0'.repeat(400_000)}`]: ['Date'] })],
  [
    'many paths into one set',
    superjson(
      { a: Array.from({ length: 5000 }, (_, i) => i) },
      {
        a: ['set', Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [i, ['Date']]))],
      },
    ),
  ],
  ['a path through __proto__', superjson({ a: {} }, { '__proto__.polluted': ['Date'] })],
  ['a path through constructor', superjson({ a: {} }, { 'a.constructor.prototype': ['Date'] })],
]
