import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort, listening, npm, packagesReachedFrom } from './packed.js'

/** The packed tarball, as a user has it: installed in an empty folder with zod and h3 v2, and nothing optional. */
const repo = fileURLToPath(new URL('../..', import.meta.url))
const manifest = JSON.parse(readFileSync(join(repo, 'package.json'), 'utf8')) as {
  exports: Record<string, string | Record<string, string>>
  dependencies: Record<string, string>
  peerDependencies: Record<string, string>
}
/** The file that node has of a subpath. */
const targetOf = (key: string) => {
  const target = manifest.exports[key]
  return (typeof target === 'string' ? target : target?.['node']) ?? ''
}
const tsc = join(repo, 'node_modules/typescript/bin/tsc')

/**
 * Subpaths whose library is absent in that folder: what the first use of it does, and how the error must read. A static
 * import gives Node's own error, which names the package; a lazy one gives ours, with the install command and the version.
 */
const optionalLibraries: Record<string, { use: string; says: RegExp }> = {
  './codec/superjson': { use: 'm.superjson()', says: /superjson/ },
  './stores/sqlite': {
    use: `await m.sqliteStore({ url: ':memory:' }).read('x')`,
    says: /npm install .*drizzle-orm@0.*@libsql\/client/,
  },
  './stores/sqlite-table': { use: '', says: /drizzle-orm/ },
  './stores/postgres': {
    use: `await m.postgresStore({ url: 'postgres://127.0.0.1:1/x' }).read('x')`,
    says: /npm install .*pg@8/,
  },
  './stores/postgres-table': { use: '', says: /drizzle-orm/ },
  './stores/mysql': {
    use: `await m.mysqlStore({ url: 'mysql://127.0.0.1:1/x' }).read('x')`,
    says: /npm install .*mysql2@3/,
  },
  './stores/mysql-table': { use: '', says: /drizzle-orm/ },
  './stores/redis': {
    use: `await m.redisStore({ url: 'redis://127.0.0.1:1' }).read('x')`,
    says: /npm install ioredis@6/,
  },
  './stores/mongodb': {
    use: `await m.mongodbStore({ url: 'mongodb://127.0.0.1:1/x' }).read('x')`,
    says: /npm install mongodb@7/,
  },
  './stores/lmdb': { use: `await m.lmdbStore({ path: 'x' }).read('x')`, says: /npm install lmdb@3/ },
  './nuxt': { use: '', says: /nuxt/ },
  './testing': { use: `m.arbitraryOf((await import('zod')).z.string())`, says: /npm install -D fast-check@4/ },
}

/** The public surface of `zession`. A change here is a change for users: say so in CHANGELOG.md. */
const rootExports = [
  'CodecError',
  'MisdeployError',
  'SessionConfigError',
  'SessionConflictError',
  'SessionDestroyedError',
  'SessionError',
  'SessionGoneError',
  'SessionLimitError',
  'SessionMigrationError',
  'SessionStaleError',
  'SessionValidationError',
  'SeveralSessionsError',
  'StoreError',
  'UnreadableRecordError',
  'cbor',
  'defineSession',
  'generateSecret',
  'headerTransport',
  'json',
  'memoryStore',
  'migration',
  'requireRecent',
  'typeRegistry',
]

let folder: string
let installed: string
let tarballFiles: string[]

beforeAll(() => {
  expect(existsSync(join(repo, 'dist/index.js')), 'dist/ is missing: npm run build').toBe(true)
  folder = mkdtempSync(join(tmpdir(), 'zession-package-'))
  installed = join(folder, 'node_modules/zession')
  const packed = npm(repo, 'pack', '--json', '--ignore-scripts', '--pack-destination', folder)
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))
  if (tarball === undefined) throw new Error(`npm pack made no tarball:\n${packed}`)
  write('package.json', JSON.stringify({ name: 'user', private: true, type: 'module' }))
  // @types/node because the type files of h3 v2 name node: modules, and this project checks library types.
  npm(
    folder,
    'install',
    '--no-audit',
    '--no-fund',
    '--prefer-offline',
    `./${tarball}`,
    'zod@^4',
    'h3@2.0.8',
    '@types/node@20',
  )
  tarballFiles = readdirSync(installed, { recursive: true }).map(String)
}, 300_000)

afterAll(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
})

describe('the packed tarball', () => {
  it('holds what a user needs and nothing else', () => {
    const top = new Set(tarballFiles.map((name) => name.split('/')[0]).filter((name) => name !== 'node_modules'))
    expect([...top].sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'dist',
      'docs',
      'examples',
      'package.json',
    ])
    expect(tarballFiles.filter((name) => /\.(test|tsbuildinfo)\b/.test(name))).toEqual([])
  })

  it('has a file with types behind every subpath', () => {
    const targets = Object.values(manifest.exports).flatMap((target) =>
      typeof target === 'string' ? target : Object.values(target).filter((file) => file.endsWith('.js')),
    )
    for (const target of targets) {
      expect(existsSync(join(installed, target)), target).toBe(true)
      if (target.endsWith('.js'))
        expect(existsSync(join(installed, target.replace(/\.js$/, '.d.ts'))), target).toBe(true)
    }
  })

  it('pulls in no optional library', () => {
    for (const name of ['superjson', 'drizzle-orm', '@libsql/client', 'fast-check']) {
      expect(existsSync(join(folder, 'node_modules', name)), name).toBe(false)
    }
  })

  it('exports exactly the pinned names from its root', () => {
    const run = node(`console.log(JSON.stringify(Object.keys(await import('zession')).sort()))`)
    expect(JSON.parse(run.stdout)).toEqual(rootExports)
  })

  it('reaches nothing optional from its root, not even lazily', () => {
    const packages = packagesReachedFrom(join(installed, targetOf('.')))
    const allowed = ['zod', ...Object.keys(manifest.dependencies)]
    expect([...packages].filter((name) => !allowed.includes(name))).toEqual([])
  })

  const subpaths = Object.keys(manifest.exports).filter((key) => targetOf(key).endsWith('.js'))

  it.each(subpaths.filter((key) => !(key in optionalLibraries)))('%s imports', (key) => {
    const run = node(`await import('${specifier(key)}')`)
    expect(run.stderr).toBe('')
    expect(run.status).toBe(0)
  })

  it.each(Object.keys(optionalLibraries))('%s names the library that is missing', (key) => {
    expect(manifest.exports, 'optionalLibraries names a subpath that is gone').toHaveProperty([key])
    const { use, says } = optionalLibraries[key]!
    const run = node(`const m = await import('${specifier(key)}'); ${use}`)
    expect(run.status, 'the library is absent, yet it worked').not.toBe(0)
    expect(run.stderr).toMatch(says)
    const [, wanted = ''] = /npm install (?:-D )?(.*)/.exec(run.stderr) ?? []
    for (const [, name = '', major = ''] of wanted.matchAll(/(@?[\w/-]+)@(\d+)/g)) {
      const range = manifest.peerDependencies[name] ?? ''
      const [least = 0, below = least + 1] = Array.from(range.matchAll(/\d+/g), Number).filter(
        (_, i, all) => i === 0 || i === all.length - 1,
      )
      expect(
        range.startsWith('^') ? Number(major) === least : least <= Number(major) && Number(major) < below,
        `${name}@${major} in ${range}`,
      ).toBe(true)
    }
  })

  it('./testing has a client and a clock that need no library', () => {
    const run = node(`
      import { defineSession } from 'zession'
      import { createTestClient, fakeClock } from 'zession/testing'
      import { z } from 'zod'
      const clock = fakeClock()
      const client = createTestClient(defineSession(z.object({ n: z.number() }), { clock, cookie: { secure: false } }))
      await client.request((session) => session.set('n', 1))
      console.log(await client.request((session) => session.get('n')))
    `)
    expect([run.stderr, run.stdout]).toEqual([expect.any(String), expect.stringContaining('1')])
    expect(run.status, run.stderr).toBe(0)
  })

  it('./testing leaves to each law what needs the library, and says so', () => {
    const run = node(`
      import { codecLaws, storeLaws } from 'zession/testing'
      import { json, memoryStore } from 'zession'
      const tests = []
      const it = (name, test) => tests.push([name, test])
      storeLaws(it, async () => ({ store: memoryStore(), dispose: async () => {} }))
      codecLaws(it, json())
      const ends = await Promise.allSettled(tests.map(async ([, test]) => test()))
      console.log(JSON.stringify(ends.filter(({ reason }) => /fast-check/.test(reason?.message)).map(({ reason }) => [reason.code, reason.message])))
    `)
    expect(run.status, run.stderr).toBe(0)
    const failures = JSON.parse(run.stdout) as [string, string][]
    expect(failures.length).toBeGreaterThan(3)
    for (const failure of failures) {
      expect(failure).toEqual(['ERR_SESSION_MISSING_LIBRARY', expect.stringContaining('npm install -D fast-check@4')])
    }
  }, 300_000)
})

describe("README's first example, in that folder", () => {
  it('compiles in strict mode with library types checked', () => {
    for (const [name, source] of readmeFiles()) write(name, source)
    const compilerOptions = {
      module: 'nodenext',
      target: 'es2023',
      strict: true,
      skipLibCheck: false,
      types: ['node'],
      rootDir: '.',
      outDir: 'out',
    }
    write('tsconfig.json', JSON.stringify({ compilerOptions, include: ['session.ts', 'app.ts'] }))
    const run = spawnSync(process.execPath, [tsc, '-p', '.'], { cwd: folder, encoding: 'utf8' })
    // h3 2.0.8 has two errors in its own type files (it needs crossws and lib esnext); they are not the example's.
    const errors = run.stdout.split('\n').filter((line) => / error TS\d+:/.test(line))
    const foreign = errors.filter((line) => line.startsWith('node_modules/h3/'))
    if (foreign.length > 0) console.log(`errors in h3's own type files:\n${foreign.join('\n')}`)
    expect(errors.filter((line) => !foreign.includes(line))).toEqual([])
    expect(errors.length > 0 || run.status === 0, run.stdout + run.stderr).toBe(true)
    expect(existsSync(join(folder, 'out/app.js'))).toBe(true)
  }, 300_000)

  it('runs as written, and sets a cookie', async () => {
    const port = await freePort()
    const server = spawn(process.execPath, ['out/app.js'], {
      cwd: folder,
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], PORT: String(port), HOST: '127.0.0.1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    try {
      const base = await listening(server, port)
      const tried: string[] = []
      for (const { method, path } of routesOf(readmeFiles().get('app.ts') ?? '')) {
        const response = await fetch(new URL(path, base), { method, redirect: 'manual' })
        const cookies = response.headers.getSetCookie()
        tried.push(`${method} ${path} ${response.status} ${cookies.length} cookies`)
        expect(response.status, tried.join('\n')).toBeLessThan(500)
        if (cookies.length > 0) return
      }
      expect.fail(`no route of the example set a cookie:\n${tried.join('\n')}`)
    } finally {
      server.kill()
      if (server.exitCode === null && server.signalCode === null) await once(server, 'exit')
    }
  }, 300_000)
})

function specifier(key: string): string {
  return key.replace(/^\./, 'zession')
}

function write(name: string, content: string): void {
  const file = join(folder, name)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content)
}

/** Runs a module in the user's folder. */
function node(source: string) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => key !== 'NODE_OPTIONS'))
  return spawnSync(process.execPath, ['--input-type=module', '-e', source], { cwd: folder, encoding: 'utf8', env })
}

/** The blocks of README.md that begin with `// session.ts` and `// app.ts`: the first of each. */
function readmeFiles(): Map<string, string> {
  const readme = join(repo, 'README.md')
  if (!existsSync(readme)) throw new Error('README.md does not exist yet')
  const found = new Map<string, string>()
  for (const [, body = ''] of readFileSync(readme, 'utf8').matchAll(/^```ts[^\n]*\n(.*?)^```$/gms)) {
    const name = /^\/\/ (session\.ts|app\.ts)\s*$/m.exec(body.split('\n', 1)[0] ?? '')?.[1]
    if (name !== undefined && !found.has(name)) found.set(name, body)
  }
  expect([...found.keys()].sort(), 'blocks of README.md that name their file').toEqual(['app.ts', 'session.ts'])
  return found
}

function routesOf(source: string): { method: string; path: string }[] {
  const routes = [...source.matchAll(/\.(get|post|put|delete|all)\(\s*'([^']+)'/g)]
  return routes.map(([, verb = '', path = '']) => ({ method: verb === 'all' ? 'GET' : verb.toUpperCase(), path }))
}
