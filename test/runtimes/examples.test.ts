import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { copyExamples, visitExample } from '../support/edge-example.js'

const ring = fileURLToPath(new URL('.', import.meta.url))
const folder = copyExamples(ring)
const bin = (name: string) => `${ring}node_modules/.bin/${name}`
const page = readFileSync(fileURLToPath(new URL('../../docs/web.md', import.meta.url)), 'utf8')

it.each([
  ['bun', [bin('bun')]],
  ['deno', [bin('deno'), 'run', '--allow-net', '--allow-env', '--node-modules-dir=manual']],
])('examples/frameworks/%s.mjs runs as written: visits, a login with a new id, a logout', async (name, command) => {
  const [program = '', ...args] = command
  await visitExample(program, [...args, `${name}.mjs`], folder)
})

it.each(['handler', 'bun', 'deno', 'worker'])('examples/frameworks/%s.mjs is what docs/web.md shows', (name) => {
  expect(page).toContain(readFileSync(join(folder, `${name}.mjs`), 'utf8'))
})
