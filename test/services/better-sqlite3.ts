import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { cacheFolder, findBinary } from './binaries.mjs'
import { run } from './process.mjs'

/** The newest that compiles on Node 20. */
const version = '12.9.0'

/** Compiled for this Node and this machine only. */
const folder = join(
  cacheFolder,
  `better-sqlite3-${version}-${process.platform}-${process.arch}-${process.versions.modules}`,
)

export interface Found {
  /** To import it from. */
  readonly path: string
  readonly version: string
}

/** The one of the project, or else ours. */
export function findBetterSqlite3(): Found | undefined {
  for (const from of [import.meta.url, join(folder, 'package.json')]) {
    try {
      const require = createRequire(from)
      const { version: found } = require('better-sqlite3/package.json') as { version: string }
      return { path: require.resolve('better-sqlite3'), version: found }
    } catch {
      // Not installed there.
    }
  }
  return undefined
}

export function hasCompiler(): boolean {
  return (findBinary('g++') ?? findBinary('c++')) !== undefined && ['make', 'python3'].every((name) => findBinary(name))
}

/**
 * Finds it, or compiles it, which takes most of a minute, once.
 * @throws Error when there is no compiler, or what the compiler said
 */
export async function bringBetterSqlite3(): Promise<Found> {
  const found = findBetterSqlite3()
  if (found) return found
  if (process.env['TEST_INSTALL'] === '0') throw new Error('TEST_INSTALL=0')
  if (!hasCompiler()) throw new Error('it needs g++, make and python3 to compile')
  const started = performance.now()
  const next = `${folder}-${process.pid}`
  mkdirSync(next, { recursive: true })
  writeFileSync(join(next, 'package.json'), '{ "private": true }')
  try {
    await run('npm', ['install', '--prefix', next, '--no-audit', '--no-fund', `better-sqlite3@${version}`], {
      cwd: next,
      env: npmEnvironment(),
    })
    rmSync(folder, { recursive: true, force: true })
    renameSync(next, folder)
  } finally {
    rmSync(next, { recursive: true, force: true })
  }
  console.log(`compiled better-sqlite3 ${version} in ${((performance.now() - started) / 1000).toFixed(1)} s`)
  const compiled = findBetterSqlite3()
  if (!compiled) throw new Error('npm installed it, but it cannot be found')
  return compiled
}

function npmEnvironment(): NodeJS.ProcessEnv {
  // What `npm test` set for its own project would apply to this one.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')))
  const root = dirname(dirname(process.execPath))
  // The headers that came with Node, so that none are downloaded.
  return existsSync(join(root, 'include/node/node.h')) ? { ...env, npm_config_nodedir: root } : env
}
