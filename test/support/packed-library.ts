import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const repository = fileURLToPath(new URL('../..', import.meta.url))

/**
 * For a ring with a package file of its own: installs what its lock says, unless it is there, and puts the packed library in,
 * as a user has it and so that there is one copy of it. `npm run build` must have run.
 */
export async function installRing(folder: string): Promise<void> {
  if (!isInstalled(folder)) await npm(folder, 'ci', '--no-audit', '--no-fund')
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

/** npm writes down what it has installed. What is optional may be for another system. */
function isInstalled(folder: string): boolean {
  const written = join(folder, 'node_modules/.package-lock.json')
  if (!existsSync(written)) return false
  const [wanted, there] = [join(folder, 'package-lock.json'), written].map((file) => {
    const { packages } = JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, Locked> }
    return packages
  })
  return Object.entries(wanted ?? {}).every(
    ([path, { version, optional }]) => path === '' || optional || there?.[path]?.version === version,
  )
}

interface Locked {
  readonly version: string
  readonly optional?: boolean
}

/** The environment of a user's shell: what vitest sets must not reach the apps. */
export function plainEnv(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const { NODE_ENV: _mode, VITEST: _vitest, ...env } = process.env
  return { ...env, ...extra }
}

async function npm(folder: string, ...args: string[]): Promise<string> {
  return (await run('npm', args, { cwd: folder, env: plainEnv() })).stdout
}
