// Writes the tables of docs/stores/README.md between their markers: what each store promises, as the built stores say it, and
// which laws it does not keep, as its tests say it. Build first. `--check` writes nothing and fails when a table is stale.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const root = new URL('../', import.meta.url)
const page = new URL('docs/stores/README.md', root)
const url = 'file:unopened.db'

/** A store opens nothing before its first call. `costs` is what one of its calls sends. */
const stores = {
  memory: { options: {}, costs: 'nothing' },
  file: { options: { folder: 'unopened' }, costs: 'a few file operations' },
  sqlite: { options: { url }, costs: 'one statement' },
  lmdb: { options: { path: 'unopened' }, costs: 'a look into memory, or one transaction' },
  postgres: { options: { url: 'postgres://localhost/unopened' }, costs: 'one statement' },
  mysql: { options: { url: 'mysql://localhost/unopened' }, costs: 'one statement' },
  redis: { options: { url: 'redis://localhost' }, costs: 'one round trip' },
  mongodb: { options: { url: 'mongodb://localhost/unopened' }, costs: 'one command' },
  cookie: {
    options: { secrets: 'q8Zr1vXw5sYt9uBn3mKe7jHg2fDa6cLp4oIi0UyTtRr' },
    costs: 'nothing: the session comes with its request',
  },
  unstorage: { options: { storage: await anyStorage() }, costs: 'one to three calls of the driver' },
}
const guarantees = ['atomicUpdate', 'durable', 'shared', 'revocable']
const powers = ['collectGarbage', 'move', 'scan', 'bySubject']

const text = readFileSync(page, 'utf8')
let fresh = between(text, 'stores', await promises())
fresh = between(fresh, 'laws', exemptions())
if (!process.argv.includes('--check')) writeFileSync(page, fresh)
else if (fresh !== text) {
  console.error('The tables of docs/stores/README.md are stale: npm run build && node scripts/store-table.mjs')
  process.exitCode = 1
}

async function promises() {
  const rows = [`| | ${[...guarantees, ...powers].map((name) => `\`${name}\``).join(' | ')} | one call costs |`]
  rows.push(`| --- |${' --- |'.repeat(guarantees.length + powers.length + 1)}`)
  for (const [name, { options, costs }] of Object.entries(stores)) {
    const library = await import(new URL(`dist/stores/${name}.js`, root).href)
    const store = library[`${name}Store`](options)
    const cells = [
      ...guarantees.map((guarantee) => store.guarantees[guarantee]),
      ...powers.map((power) => typeof store[power] === 'function'),
    ]
    rows.push(`| [${name}](${name}.md) | ${cells.map((has) => (has ? 'yes' : '-')).join(' | ')} | ${costs} |`)
  }
  return rows.join('\n')
}

function exemptions() {
  const rows = ['| store | reason | laws |', '| --- | --- | --- |']
  for (const name of Object.keys(stores)) {
    const seen = new Set()
    for (const file of testsOf(name)) {
      for (const { reason, laws } of exemptionsIn(file)) {
        const row = `| ${name} | ${reason} | ${laws.join('<br>')} |`
        if (!seen.has(row)) rows.push(row)
        seen.add(row)
      }
    }
  }
  return rows.join('\n')
}

function testsOf(name) {
  return ['test/stores/', 'test/servers/'].flatMap((folder) =>
    readdirSync(new URL(folder, root), { recursive: true })
      .filter((file) => basename(file) === `${name}.test.ts`)
      .map((file) => new URL(folder + file, root)),
  )
}

/** The literals `{ reason: '...', laws: [...] }` of a test file, and of what it shares with others as `laws.ts`; the laws may be a constant of either. */
function exemptionsIn(test) {
  const shared = readFileSync(test, 'utf8').match(/from '(\.[^']*\/laws)\.js'/)?.[1]
  const files = shared === undefined ? [test] : [new URL(`${shared}.ts`, test), test]
  const constants = new Map()
  return files.flatMap((file) => exemptionsOf(file, constants))
}

function exemptionsOf(file, constants) {
  const source = ts.createSourceFile('test.ts', readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true)
  const found = []
  walk(source, (node) => {
    if (ts.isVariableDeclaration(node) && node.initializer) constants.set(node.name.getText(), node.initializer)
  })
  walk(source, (node) => {
    if (!ts.isObjectLiteralExpression(node)) return
    const value = (name) => {
      const property = node.properties.find((each) => each.name?.getText() === name)
      return property && (property.initializer ?? constants.get(name))
    }
    const [reason, laws] = [value('reason'), value('laws')]
    if (reason && laws && ts.isStringLiteral(reason)) found.push({ reason: reason.text, laws: textsOf(laws) })
  })
  return found

  function textsOf(node) {
    if (ts.isStringLiteral(node)) return [node.text]
    if (ts.isArrayLiteralExpression(node)) return node.elements.flatMap(textsOf)
    if (ts.isSpreadElement(node)) return textsOf(node.expression)
    if (ts.isIdentifier(node) && constants.has(node.text)) return textsOf(constants.get(node.text))
    throw new Error(`${fileURLToPath(file)}: cannot tell the laws of an exemption: ${node.getText()}`)
  }
}

function walk(node, visit) {
  visit(node)
  ts.forEachChild(node, (child) => walk(child, visit))
}

function between(whole, name, table) {
  const start = `<!-- ${name}: npm run build && node scripts/store-table.mjs -->`
  const end = `<!-- end of ${name} -->`
  const [from, to] = [whole.indexOf(start), whole.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`docs/stores/README.md has no markers for ${name}`)
  return `${whole.slice(0, from)}${start}\n\n${table}\n\n${whole.slice(to)}`
}

async function anyStorage() {
  const { createStorage } = await import('unstorage')
  return createStorage()
}
