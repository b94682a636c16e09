import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const folder = here('./.tmp/types')
const names = ['express', 'fastify', 'koa', 'hono', 'passport']

/** What the page tells users of TypeScript to declare. */
function declared(): string {
  const page = readFileSync(here('../../docs/express.md'), 'utf8')
  const [, block] = /```ts nocheck\n(declare global[^]*?)```/.exec(page) ?? []
  return `${block}\n`
}

/** With the types that frameworks leave to their users: what an error is, and what a user was serialised to. */
function typed(example: string): string {
  return example.replaceAll(/\(error(?=, |\) \{)/g, '(error: any').replace('((name, done)', '((name: string, done)')
}

// Parameters that the examples leave without a type are none of the library's business; what it takes and returns is.
it('the examples compile against the own types of Express, Passport, Fastify, Koa and Hono, strictly', async () => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const name of names) {
    const example = typed(readFileSync(here(`../../examples/frameworks/${name}.mjs`), 'utf8'))
    writeFileSync(`${folder}/${name}.mts`, name === 'passport' ? example + declared() : example)
  }
  const rules = ['--ignoreConfig', '--noEmit', '--strict', '--exactOptionalPropertyTypes', '--noImplicitAny', 'false']
  const rest = ['--skipLibCheck', '--module', 'nodenext', '--target', 'es2022', '--types', 'node']
  const files = names.map((name) => `${folder}/${name}.mts`)
  const tsc = here('../../node_modules/typescript/bin/tsc')
  const said = await promisify(execFile)(process.execPath, [tsc, ...rules, ...rest, ...files], { cwd: here('.') }).then(
    () => '',
    (error: { stdout: string }) => error.stdout,
  )
  expect(said).toBe('')
})
