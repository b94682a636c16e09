// Size and speed of the codecs, side by side in one interleaved run. Build first, then: node bench/codec.mjs [rounds]
//
// `decode+validate` is decode and then zod's parse of the result with the session's own schema, for everyone alike.

import { deserialize, serialize } from 'node:v8'
import { Encoder as CborEncoder } from 'cbor-x'
import * as devalue from 'devalue'
import { Packr } from 'msgpackr'
import { fromJSON, toJSON } from 'seroval'
import SuperJSON from 'superjson'
import * as z from 'zod'

const dist = process.env.DIST ?? '../dist'
const load = async (name) => (await import(`${dist}/codec/${name}.js`))[name]
const [cbor, json, superjson] = await Promise.all(['cbor', 'json', 'superjson'].map(load))
// Not in releases before it; `DIST` may name one of those.
const registry = await load('registry').catch(() => undefined)

const cart = z.array(z.object({ sku: z.string(), qty: z.int() }))
const cartShape = { items: { keys: { sku: undefined, qty: undefined } } }
const plain = {
  schema: z.object({
    id: z.uuid(),
    email: z.email(),
    roles: z.array(z.enum(['editor', 'admin'])),
    createdAt: z.iso.datetime(),
    lastSeenAt: z.iso.datetime(),
    cart,
    preferences: z.record(z.string(), z.boolean()),
    visits: z.int(),
  }),
  shapes: { cart: cartShape },
  value: {
    id: '7f1c9a52-4c1e-4b0f-9d0a-2f6f0c7a1e33',
    email: 'ada@mail.com',
    roles: ['editor'],
    createdAt: '2025-06-15T15:06:40Z',
    lastSeenAt: '2025-06-16T08:12:05Z',
    cart: [
      { sku: 'A-101', qty: 2 },
      { sku: 'B-202', qty: 1 },
    ],
    preferences: { beta: true },
    visits: 42,
  },
}
const rich = {
  schema: z.object({
    id: z.uuid(),
    email: z.email(),
    role: z.string(),
    createdAt: z.date(),
    lastLogin: z.date(),
    carts: z.map(z.string(), cart),
    tags: z.set(z.string()),
    balance: z.bigint(),
  }),
  shapes: {},
  value: {
    id: plain.value.id,
    email: plain.value.email,
    role: 'editor',
    createdAt: new Date(1750000000123),
    lastLogin: new Date(1750000100456),
    carts: new Map([
      ['main', plain.value.cart],
      ['later', []],
    ]),
    tags: new Set(['a', 'b', 'c']),
    balance: 12345678901234567890n,
  },
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const text = (write, read) => ({
  encode: (value) => encoder.encode(write(value)),
  decode: (bytes) => read(decoder.decode(bytes)),
})
const cborx = new CborEncoder({ useRecords: false })
const packr = new Packr({ useRecords: false })
/** Our codecs get the key names of the schema, as they do in a session; the others have nothing like it. */
const contenders = (shape) => ({
  'zession cbor()': cbor().bind({ shape }),
  'zession cbor(), no schema': cbor().bind({ shape: {} }),
  'zession json()': json().bind({ shape }),
  'zession superjson()': superjson().bind({ shape }),
  ...(registry && { 'zession registry()': registry().bind({ shape }) }),
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
})

const CALLS = 1500
const rounds = Number(process.argv[2] ?? 41)
for (const [title, { value, schema, shapes }] of Object.entries({ plain, rich })) {
  const keys = Object.fromEntries(Object.keys(schema.shape).map((key) => [key, shapes[key]]))
  const rows = []
  for (const [name, codec] of Object.entries(contenders({ keys }))) {
    try {
      const bytes = codec.encode(value)
      schema.parse(codec.decode(bytes))
      rows.push({ name, codec, bytes, encode: [], decode: [], validated: [] })
    } catch {
      rows.push({ name, refused: true })
    }
  }
  const running = rows.filter((row) => !row.refused)
  for (let round = -2; round < rounds; round++) {
    for (const row of running) {
      const encode = time(() => row.codec.encode(value))
      const decode = overInputs(row.bytes, (input) => row.codec.decode(input))
      const validated = overInputs(row.bytes, (input) => schema.parse(row.codec.decode(input)))
      if (round >= 0) {
        row.encode.push(encode)
        row.decode.push(decode)
        row.validated.push(validated)
      }
    }
  }
  console.log(
    `\n${title} session, ${JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? String(v) : v)).length} bytes as JSON.stringify sees it, ${rounds} rounds, medians`,
  )
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
              'decode+validate ns': Math.round(median(row.validated)),
              'encode+decode ns': Math.round(median(row.encode) + median(row.decode)),
              [title === 'plain' ? 'of JSON' : 'of superjson']: ratio(row, running),
              // Free of other work on the machine, which a median over few cores is not.
              'best ns': Math.round(Math.min(...row.encode) + Math.min(...row.decode)),
            },
      ]),
    ),
  )
}

/** Encode and decode together, as a share of what JSON takes for the plain session, superjson for the rich one. */
function ratio(row, running) {
  const base = running.find((other) => other.name === 'JSON') ?? running.find((other) => other.name === 'superjson')
  const both = (of) => median(of.encode) + median(of.decode)
  return (both(row) / both(base)).toFixed(2)
}

/** A new array each time: cbor-x caches a DataView on the one it is given, which no stored record ever meets twice. */
function overInputs(bytes, run) {
  const inputs = Array.from({ length: CALLS }, () => new Uint8Array(bytes))
  let i = 0
  return time(() => run(inputs[i++]))
}

function time(run) {
  const start = process.hrtime.bigint()
  for (let i = 0; i < CALLS; i++) run()
  return Number(process.hrtime.bigint() - start) / CALLS
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1]
}
