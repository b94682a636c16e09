import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const repository = fileURLToPath(new URL('../..', import.meta.url))

/**
 * Installs what the package-lock.json of a folder says, unless it is there, and puts the packed library in, as a user has it and so
 * that there is one copy of it. `npm run build` must have run.
 * @param has a package of that lock
 */
export async function installPacked(folder: string, has: string): Promise<void> {
  if (!existsSync(join(folder, 'node_modules', has))) await npm(folder, 'ci', '--no-audit', '--no-fund')
  if (!existsSync(join(repository, 'dist/h3/index.js'))) throw new Error('There is no dist: npm run build.')
  const [packed] = JSON.parse(
    await npm(repository, 'pack', '--ignore-scripts', '--json', '--pack-destination', folder),
  ) as [{ filename: string }]
  const tarball = join(folder, packed.filename)
  const library = join(folder, 'node_modules/zession')
  rmSync(library, { recursive: true, force: true })
  mkdirSync(library)
  await run('tar', ['-xzf', tarball, '-C', library, '--strip-components=1'])
  rmSync(tarball)
}

/** Builds an app with the environment of a user's shell: what vitest sets must not reach it. Answers what was printed. */
export async function buildApp(folder: string, builder: string): Promise<string> {
  rmSync(join(folder, '.output'), { recursive: true, force: true })
  const { stdout, stderr } = await run(builder, ['build'], { cwd: folder, env: plainEnv() })
  return stdout + stderr
}

export function plainEnv(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const { NODE_ENV: _mode, VITEST: _vitest, ...env } = process.env
  return { ...env, ...extra }
}

async function npm(folder: string, ...args: string[]): Promise<string> {
  return (await run('npm', args, { cwd: folder, env: plainEnv() })).stdout
}
