// The playground of the Nuxt module, with the library as it is packed: `npm run playground [dev|build|start]`, `dev` unless said
// otherwise. `npm run build` must have run.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const here = join(root, 'playground')
const [script = 'dev'] = process.argv.slice(2)

if (!existsSync(join(here, 'node_modules/nuxt'))) run('npm', ['ci', '--no-audit', '--no-fund'], here)
const [{ filename }] = JSON.parse(run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', here], root))
const library = join(here, 'node_modules/zession')
rmSync(library, { recursive: true, force: true })
mkdirSync(library)
run('tar', ['-xzf', join(here, filename), '-C', library, '--strip-components=1'], here)
rmSync(join(here, filename))
process.exitCode = spawnSync('npm', ['run', script], { cwd: here, stdio: 'inherit' }).status ?? 1

function run(program, args, cwd) {
  return execFileSync(program, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
}
