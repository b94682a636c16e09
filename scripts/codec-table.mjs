// Writes the table "what each codec carries" of docs/codecs/README.md between its markers, by trying every value of the
// catalogue that `codecLaws` uses. Build first. `--check` writes nothing and fails when the table is stale.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const load = (path) => import(new URL(`../dist/${path}.js`, import.meta.url).href)
const { cbor } = await load('codec/cbor')
const { json } = await load('codec/json')
const { superjson } = await load('codec/superjson')
const { registry } = await load('codec/registry')
const { registerBuiltins } = await load('codec/builtin-types')
const { typeRegistry } = await load('core/type-registry')
const { catalogue, refused } = await load('testing/codec-catalogue')
const { sameValue } = await load('testing/same-value')

const START = '<!-- codec table: npm run build && node scripts/codec-table.mjs -->'
const END = '<!-- end of codec table -->'
const page = fileURLToPath(new URL('../docs/codecs/README.md', import.meta.url))

class Money {
  constructor(cents) {
    this.cents = cents
  }
}
const withMoney = () =>
  typeRegistry().register('Money', Money, { encode: ({ cents }) => cents, decode: (cents) => new Money(cents) })
const columns = {
  'cbor()': cbor().bind({ shape: {}, types: withMoney() }),
  'superjson()': superjson().bind({ shape: {}, types: withMoney() }),
  'json()': json().bind({ shape: {}, types: withMoney() }),
  'registry()': registry().bind({ shape: {}, types: withMoney() }),
  'json() with built-ins': json().bind({ shape: {}, types: registerBuiltins(withMoney()) }),
  'registry() with built-ins': registry().bind({ shape: {}, types: registerBuiltins(withMoney()) }),
}
const others = ['a class instance', 'a Buffer', 'an ArrayBuffer', 'a function', 'a cycle']
const rows = [
  ...catalogue,
  { name: 'an instance of a registered class', make: () => new Money(250) },
  ...others.map((name) => refused.find((entry) => entry.name === name)),
]

const table = [
  `| | ${Object.keys(columns).join(' | ')} |`,
  `| --- | ${Object.keys(columns)
    .map(() => '---')
    .join(' | ')} |`,
  ...rows.map(
    ({ name, make }) =>
      `| ${name} | ${Object.values(columns)
        .map((bound) => cell(bound, make))
        .join(' | ')} |`,
  ),
]
const text = readFileSync(page, 'utf8')
const from = text.indexOf(START)
const to = text.indexOf(END)
if (from < 0 || to < from) throw new Error(`${page} has no markers for the codec table`)
const fresh = `${text.slice(0, from)}${START}\n\n${table.join('\n')}\n\n${text.slice(to)}`

if (!process.argv.includes('--check')) writeFileSync(page, fresh)
else if (fresh !== text) {
  console.error('The codec table of docs/codecs/README.md is stale: npm run build && node scripts/codec-table.mjs')
  process.exitCode = 1
}

/** A value that comes back changed is neither carried nor refused: that would be a bug, and stops the script. */
function cell(bound, make) {
  let bytes
  try {
    bytes = bound.encode({ value: make() })
  } catch (error) {
    if (error.code !== 'ERR_SESSION_CODEC') throw error
    return 'refused'
  }
  if (!sameValue(bound.decode(bytes), { value: make() })) throw new Error('a codec changed a value')
  return 'yes'
}
