// The Nuxt ring with the Nuxt of today, on each node that it runs on: `node scripts/nuxt-matrix.mjs [node22] [node24]`.
// Prints which cells ran, and fails when one did. `npm run build` must have run. Installs test/nuxt/current, as its lock says.
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const here = join(root, 'test/nuxt/current')
const modules = join(here, 'node_modules')
const app = join(here, 'app')
const asked = process.argv.slice(2)
const nodes = ['node22', 'node24'].filter((name) => asked.length === 0 || asked.includes(name))
if (nodes.length === 0) throw new Error(`No cell of that name: ${asked.join(', ')}. There are node22 and node24.`)

if (!existsSync(join(modules, 'nuxt'))) run('npm', ['ci', '--no-audit', '--no-fund'], here)
const packed = JSON.parse(run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', here], root))
const tarball = join(here, packed[0].filename)
const library = join(modules, 'zession')
rmSync(library, { recursive: true, force: true })
mkdirSync(library)
run('tar', ['-xzf', tarball, '-C', library, '--strip-components=1'], here)
rmSync(tarball)

const results = nodes.map((name) => [name, cell(name)])
console.log('\nNuxt 4.5.2, built and run:')
for (const [name, isGreen] of results) console.log(`  ${name}: ${isGreen ? 'passed' : 'FAILED'}`)
if (results.some(([, isGreen]) => !isGreen)) process.exitCode = 1

function cell(name) {
  const node = join(modules, name, 'bin/node')
  console.log(`\n== ${name}: ${run(node, ['--version'], here).trim()}`)
  rmSync(app, { recursive: true, force: true })
  cpSync(join(root, 'test/nuxt/app'), app, {
    recursive: true,
    filter: (path) => !/\/\.(nuxt|output|data)(\/|$)/.test(path),
  })
  const env = { ...process.env, PATH: join(modules, name, 'bin') + delimiter + process.env.PATH }
  const built = spawnSync(node, [join(modules, '.bin/nuxt'), 'build'], { cwd: app, env, encoding: 'utf8' })
  if (built.status !== 0) console.error(built.stdout + built.stderr)
  if (built.status !== 0) return false
  const tests = ['test/nuxt/server.test.ts', 'test/nuxt/browser.test.ts']
  const vitest = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--project', 'nuxt', ...tests]
  const rings = { ...process.env, RING_APP: app, RING_NODE: node }
  return spawnSync(process.execPath, vitest, { cwd: root, env: rings, stdio: 'inherit' }).status === 0
}

function run(program, args, cwd) {
  return execFileSync(program, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
}
