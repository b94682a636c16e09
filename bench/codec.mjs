// Size and speed of the codecs, side by side in one interleaved run. Build first, then: node bench/codec.mjs [rounds]

import { deserialize, serialize } from 'node:v8'
import { Encoder as CborEncoder } from 'cbor-x'
import * as devalue from 'devalue'
import { Packr } from 'msgpackr'
import { fromJSON, toJSON } from 'seroval'
import SuperJSON from 'superjson'

const dist = process.env.DIST ?? '../dist'
const { cbor } = await import(`${dist}/codec/cbor.js`)
const { json } = await import(`${dist}/codec/json.js`)
const { superjson } = await import(`${dist}/codec/superjson.js`)

const plain = {
  userId: '7f1c9a52-4c1e-4b0f-9d0a-2f6f0c7a1e33',
  email: 'ada.lovelace@example.com',
  role: 'editor',
  theme: 'dark',
  cart: [
    { sku: 'A-1001', qty: 2, price: 19.99 },
    { sku: 'B-2002', qty: 1, price: 5.5 },
  ],
  flags: { beta: true, newsletter: false },
  visits: 42,
  lastSeen: 1750000000000,
}
const rich = {
  userId: plain.userId,
  email: plain.email,
  role: 'editor',
  createdAt: new Date(1750000000123),
  lastLogin: new Date(1750000100456),
  carts: new Map([
    ['main', plain.cart],
    ['later', []],
  ]),
  tags: new Set(['a', 'b', 'c']),
  balance: 12345678901234567890n,
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const text = (write, read) => ({
  encode: (value) => encoder.encode(write(value)),
  decode: (bytes) => read(decoder.decode(bytes)),
})
const bound = (codec) => codec.bind({ shape: {} })
const cborx = new CborEncoder({ useRecords: false })
const packr = new Packr({ useRecords: false })
const contenders = {
  'zession cbor()': bound(cbor()),
  'zession json()': bound(json()),
  'zession superjson()': bound(superjson()),
  JSON: text(JSON.stringify, JSON.parse),
  superjson: text(
    (value) => SuperJSON.stringify(value),
    (value) => SuperJSON.parse(value),
  ),
  'cbor-x plain': { encode: (value) => cborx.encode(value), decode: (bytes) => cborx.decode(bytes) },
  'msgpackr plain': { encode: (value) => packr.pack(value), decode: (bytes) => packr.unpack(bytes) },
  devalue: text(devalue.stringify, devalue.parse),
  seroval: text(
    (value) => JSON.stringify(toJSON(value)),
    (value) => fromJSON(JSON.parse(value)),
  ),
  v8: { encode: serialize, decode: deserialize },
}

const CALLS = 1500
const rounds = Number(process.argv[2] ?? 41)
for (const [title, value] of Object.entries({ plain, rich })) {
  const rows = []
  for (const [name, codec] of Object.entries(contenders)) {
    try {
      const bytes = codec.encode(value)
      codec.decode(bytes)
      rows.push({ name, codec, bytes, encode: [], decode: [] })
    } catch {
      rows.push({ name, refused: true })
    }
  }
  const running = rows.filter((row) => !row.refused)
  for (let round = -2; round < rounds; round++) {
    for (const row of running) {
      const encode = time(() => row.codec.encode(value))
      // A new array each time: cbor-x caches a DataView on the one it is given, which no stored record ever meets twice.
      const inputs = Array.from({ length: CALLS }, () => new Uint8Array(row.bytes))
      let i = 0
      const decode = time(() => row.codec.decode(inputs[i++]))
      if (round >= 0) {
        row.encode.push(encode)
        row.decode.push(decode)
      }
    }
  }
  console.log(`\n${title} session, ${rounds} rounds, medians`)
  console.table(
    Object.fromEntries(
      rows.map((row) => [
        row.name,
        row.refused
          ? { bytes: 'refused' }
          : {
              bytes: row.bytes.length,
              'encode ns': Math.round(median(row.encode)),
              'decode ns': Math.round(median(row.decode)),
              both: Math.round(median(row.encode) + median(row.decode)),
              // Free of other work on the machine, which a median over few cores is not.
              'both, best': Math.round(Math.min(...row.encode) + Math.min(...row.decode)),
            },
      ]),
    ),
  )
}

function time(run) {
  const start = process.hrtime.bigint()
  for (let i = 0; i < CALLS; i++) run()
  return Number(process.hrtime.bigint() - start) / CALLS
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1]
}
