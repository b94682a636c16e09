import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const here = fileURLToPath(new URL('.', import.meta.url))
const repository = fileURLToPath(new URL('../..', import.meta.url))
const library = join(here, 'node_modules/zession')

/**
 * Installs what package-lock.json says, unless it is there; puts the packed library in, as a user has it and so that there
 * is one copy of it; and builds both apps. `npm run build` must have run.
 */
export async function setup(): Promise<void> {
  if (!existsSync(join(here, 'node_modules/nitropack'))) await npm(here, 'ci', '--no-audit', '--no-fund')
  await putLibrary()
  await Promise.all([build('nitro2', 'nitropack'), build('nitro3', 'nitro')])
}

async function putLibrary(): Promise<void> {
  if (!existsSync(join(repository, 'dist/h3/index.js'))) throw new Error('There is no dist: npm run build.')
  const [packed] = JSON.parse(
    await npm(repository, 'pack', '--ignore-scripts', '--json', '--pack-destination', here),
  ) as [{ filename: string }]
  const tarball = join(here, packed.filename)
  rmSync(library, { recursive: true, force: true })
  mkdirSync(library)
  await run('tar', ['-xzf', tarball, '-C', library, '--strip-components=1'])
  rmSync(tarball)
}

/** With the environment of a user's shell: what vitest sets must not reach the apps. */
async function build(app: string, builder: string): Promise<void> {
  const folder = join(here, app)
  rmSync(join(folder, '.output'), { recursive: true, force: true })
  await run(join(here, 'node_modules/.bin', builder), ['build'], { cwd: folder, env: plainEnv() })
}

export function plainEnv(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const { NODE_ENV: _mode, VITEST: _vitest, ...env } = process.env
  return { ...env, ...extra }
}

async function npm(folder: string, ...args: string[]): Promise<string> {
  return (await run('npm', args, { cwd: folder, env: plainEnv() })).stdout
}
