// Proves that the linter enforces the layers: plants files that break every rule we rely on in a mirror of the folder
// layout, runs oxlint there with the repository's own configuration, and fails when one planted violation is NOT
// reported or one allowed line IS. The mirror is removed again, also on failure.
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
// Outside the repository: oxlint honours the .gitignore of every folder above a file, even with --no-ignore.
const mirror = realpathSync(mkdtempSync(join(tmpdir(), 'lint-proof-')))
const LAYER = 'eslint(no-restricted-imports)'

/** Per file: what must be reported, as [source line, rule], and which imports must pass. */
const plan = {
  'src/core/proof.ts': {
    no: ['zod', 'cookie-es', 'fs', '../schema/types.js', '../codec/port.js', '../stores/port.js', '../index.js', '..'],
    yes: ['node:crypto', './errors.js'],
    lines: [
      [`export { x } from 'zod'`, LAYER],
      [`export * from 'zod'`, LAYER],
      [`import type { ZodType } from 'zod'`, LAYER],
      [`export const dynamic = await import('zod')`, LAYER],
      [`export type Inline = import('./errors.js').Code`, 'typescript(consistent-type-imports)'],
    ],
  },
  'src/core/options/proof.ts': {
    no: ['zod/mini', 'cookie-es', '../../schema/types.js', '../../session/options.js', '../../stores/port.js'],
    yes: ['zod/v4/core', '../errors.js', './rule.js'],
  },
  'src/schema/proof.ts': {
    no: ['../codec/port.js', '../stores/port.js', '../session/session.js', '../define.js', 'cbor-x', 'h3'],
    yes: ['zod', 'zod/v4/core', '../core/errors.js', './types.js'],
  },
  'src/codec/proof.ts': {
    no: ['zod', 'cbor-x', 'superjson', '../schema/types.js', '../stores/port.js', '../define.js', ...siblings('codec')],
    yes: ['./port.js', './envelope.js', './walk.js', '../core/errors.js'],
  },
  'src/codec/cbor.ts': {
    no: ['./json.js', './superjson.js', 'superjson', 'cbor-x', 'zod'],
    yes: ['./binary/a.js', './port.js'],
  },
  'src/codec/binary/proof.ts': {
    no: ['../cbor.js', '../registry.js', 'cbor-x'],
    yes: ['../walk.js', '../../core/errors.js'],
  },
  'src/codec/superjson.ts': { no: ['./cbor.js', './json.js', 'cbor-x', 'zod'], yes: ['superjson', './port.js'] },
  'src/stores/proof.ts': {
    no: ['zod', 'drizzle-orm', '../codec/envelope.js', '../schema/types.js', '../define.js', ...siblings('stores')],
    yes: ['./port.js', '../core/errors.js', 'node:fs/promises'],
  },
  'src/stores/memory.ts': { no: ['./sqlite.js', './sqlite-table.js', 'drizzle-orm'], yes: ['./port.js'] },
  'src/stores/sqlite.ts': {
    no: ['./memory.js', 'zod', '../codec/port.js'],
    yes: [
      'drizzle-orm',
      'drizzle-orm/sqlite-core',
      '@libsql/client',
      './sqlite-table.js',
      './sqlite/a.js',
      './port.js',
    ],
  },
  'src/stores/sqlite/proof.ts': {
    no: ['../memory.js', '../../codec/port.js', 'zod'],
    yes: ['../port.js', '../../core/errors.js', 'drizzle-orm'],
  },
  'src/session/proof.ts': {
    no: [
      'zod',
      'h3',
      'cbor-x',
      '../codec/cbor.js',
      '../codec/json.js',
      '../stores/memory.js',
      '../h3/index.js',
      '../define.js',
    ],
    yes: [
      '../schema/types.js',
      '../codec/port.js',
      '../codec/envelope.js',
      '../stores/port.js',
      'cookie-es',
      './changes.js',
    ],
    lines: [
      ['export const any = (v: any): unknown => v', 'typescript(no-explicit-any)'],
      ['export const bang = (v: string[]): string => v[0]!', 'typescript(no-non-null-assertion)'],
      ['export const float = (f: () => Promise<void>): void => { f() }', 'typescript(no-floating-promises)'],
      ['export const misuse = (f: () => Promise<boolean>): number => (f() ? 1 : 2)', 'typescript(no-misused-promises)'],
    ],
  },
  'src/session/subjects/proof.ts': {
    no: ['../../stores/memory.js', '../../codec/cbor.js', '../../define.js', '../../h3/room.js', 'zod', 'h3'],
    yes: ['../engine.js', './policy.js', '../../core/errors.js', '../../stores/port.js'],
  },
  'src/session/cycle-a.ts': {
    lines: [[`import { b } from './cycle-b.js'; export const a = (): number => b()`, 'import(no-cycle)']],
  },
  'src/session/cycle-b.ts': {
    lines: [[`import { a } from './cycle-a.js'; export const b = (): number => a()`, 'import(no-cycle)']],
  },
  'src/h3/proof.ts': {
    no: ['h3', 'h3/generic', 'zod', '../stores/memory.js', '../codec/cbor.js', '../schema/types.js', '../index.js'],
    yes: ['../session/manager.js', '../core/errors.js', './event.js'],
  },
  'src/testing/proof.ts': {
    no: ['vitest', 'h3', 'zession'],
    yes: ['fast-check', 'zod', '../define.js', '../stores/memory.js'],
  },
  'src/define.ts': {
    no: ['./codec/superjson.js', './stores/sqlite.js', './h3/index.js', './testing/index.js', './index.js', 'cbor-x'],
    yes: ['./codec/cbor.js', './stores/memory.js', './session/manager.js', './schema/types.js', './core/errors.js'],
    lines: [
      [`import type { ZodObject } from 'zod'`, undefined],
      [`import { z } from 'zod'`, LAYER],
    ],
  },
  'src/index.ts': {
    no: ['./stores/sqlite.js', './codec/superjson.js', './testing/index.js', './h3/index.js', 'zod'],
    lines: [
      [`export * from './define.js'`, LAYER],
      [`export { defineSession } from './define.js'`, undefined],
    ],
  },
  'test/unit/proof.test.ts': {
    lines: [
      [`import { describe, it } from 'vitest'`, undefined],
      [`it.only('a', () => {})`, 'vitest(no-focused-tests)'],
      [`describe.only('b', () => {})`, 'vitest(no-focused-tests)'],
      [`it.skip('c', () => {})`, 'vitest(no-disabled-tests)'],
      [`it.todo('d')`, 'vitest(warn-todo)'],
    ],
  },
  'demo/proof.ts': { no: ['../src/index.js', '../dist/index.js'], yes: ['zession', './pages.js', '../html.js'] },
}

const expected = new Map()
let planted = 0
let passing = 0
try {
  copyFileSync(join(root, '.oxlintrc.json'), join(mirror, '.oxlintrc.json'))
  symlinkSync(join(root, 'node_modules'), join(mirror, 'node_modules'), 'junction') // oxlint looks for tsgolint there
  const compilerOptions = { module: 'nodenext', target: 'es2023', strict: true, types: [] }
  writeFileSync(join(mirror, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
  for (const [file, { no = [], yes = [], lines = [] }] of Object.entries(plan)) {
    const all = [...no.map((s) => [`import '${s}'`, LAYER]), ...yes.map((s) => [`import '${s}'`, undefined]), ...lines]
    mkdirSync(dirname(join(mirror, file)), { recursive: true })
    writeFileSync(join(mirror, file), `${all.map(([source]) => source).join('\n')}\n`)
    all.forEach(([source, rule], index) => {
      expected.set(`${file}:${index + 1}`, { source, rule })
      if (rule) planted++
      else passing++
    })
  }
  const wrong = compare(lint())
  if (wrong.length > 0) {
    console.error(`Lint proof failed in ${wrong.length} places:\n${wrong.join('\n')}`)
    process.exitCode = 1
  } else console.log(`Lint proof: ${planted} planted violations reported, ${passing} allowed lines passed.`)
} finally {
  rmSync(mirror, { recursive: true, force: true })
}

/** The published implementations of a folder, from the exports map: each must be forbidden to the others. */
function siblings(folder) {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const subpaths = Object.keys(exports).filter((key) => key.startsWith(`./${folder}/`))
  return subpaths.map((key) => key.replace(`./${folder}/`, './') + '.js')
}

/** Runs oxlint in the mirror; "file:line" to the rules reported there. */
function lint() {
  const bin = join(root, 'node_modules/oxlint/bin/oxlint')
  const args = [bin, '--type-aware', '--format=json', '-c', '.oxlintrc.json', ...Object.keys(plan)]
  const run = spawnSync(process.execPath, args, { cwd: mirror, encoding: 'utf8' })
  let diagnostics
  try {
    diagnostics = JSON.parse(run.stdout).diagnostics
  } catch {
    throw new Error(`oxlint gave no JSON (exit ${run.status}):\n${run.stdout}\n${run.stderr}`)
  }
  const found = new Map()
  for (const { filename, code, labels } of diagnostics) {
    const at = `${relative(mirror, resolve(mirror, filename))}:${labels[0]?.span.line}`
    found.set(at, [...(found.get(at) ?? []), code])
  }
  return found
}

function compare(found) {
  const wrong = []
  for (const [at, { source, rule }] of expected) {
    const rules = found.get(at) ?? []
    if (rule && !rules.includes(rule)) wrong.push(`  ${at} not reported by ${rule}: ${source}`)
    if (!rule && rules.includes(LAYER)) wrong.push(`  ${at} reported although allowed: ${source}`)
  }
  return wrong
}
