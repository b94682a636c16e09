// Proves that the linter enforces the layers: plants files that break every rule we rely on in a mirror of the folder
// layout (each room of the table imports every other room and every library),
// runs oxlint there with the repository's own configuration, and fails when one planted violation is NOT
// reported or one allowed line IS. The mirror is removed again, also on failure.
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { folderOf, rooms, specifier } from './layers.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
// Outside the repository: oxlint honours the .gitignore of every folder above a file, even with --no-ignore.
const mirror = realpathSync(mkdtempSync(join(tmpdir(), 'lint-proof-')))
const LAYER = 'eslint(no-restricted-imports)'

/**
 * What must hold whatever the table says, and what is not in it. Per file: imports that must be reported, imports that must
 * pass, and [source line, rule].
 */
const byHand = {
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
  'src/schema/proof.ts': { no: ['../codec/port.js', '../stores/port.js', '../session/session.js', '../define.js'] },
  'src/codec/proof.ts': { no: ['zod', '../schema/types.js', '../stores/port.js', ...published('codec')] },
  'src/stores/proof.ts': { no: ['zod', '../codec/port.js', '../schema/types.js', ...published('stores')] },
  'src/stores/sqlite.ts': { no: ['./memory.js', './postgres-table.js', 'pg'], yes: ['./sqlite-table.js'] },
  'src/session/proof.ts': {
    no: ['zod', 'h3', '../codec/cbor.js', '../stores/memory.js', '../h3/index.js', '../define.js'],
    lines: [
      ['export const any = (v: any): unknown => v', 'typescript(no-explicit-any)'],
      ['export const bang = (v: string[]): string => v[0]!', 'typescript(no-non-null-assertion)'],
      ['export const float = (f: () => Promise<void>): void => { f() }', 'typescript(no-floating-promises)'],
      ['export const misuse = (f: () => Promise<boolean>): number => (f() ? 1 : 2)', 'typescript(no-misused-promises)'],
    ],
  },
  'src/schema/type-cycle-a.ts': {
    lines: [[`import type { B } from './type-cycle-b.js'; export type A = B | 1`, 'import(no-cycle)']],
  },
  'src/schema/type-cycle-b.ts': {
    lines: [[`import type { A } from './type-cycle-a.js'; export type B = A | 2`, 'import(no-cycle)']],
  },
  'src/session/cycle-a.ts': {
    lines: [[`import { b } from './cycle-b.js'; export const a = (): number => b()`, 'import(no-cycle)']],
  },
  'src/session/cycle-b.ts': {
    lines: [[`import { a } from './cycle-a.js'; export const b = (): number => a()`, 'import(no-cycle)']],
  },
  'src/h3/proof.ts': { no: ['h3', 'h3/generic', 'zod', '../stores/memory.js', '../index.js'] },
  'src/testing/proof.ts': { no: ['vitest', 'h3', 'zession'] },
  'src/define.ts': {
    lines: [
      [`import type { ZodObject } from 'zod'`, undefined],
      [`import { z } from 'zod'`, LAYER],
    ],
  },
  'src/index.ts': {
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

/** File to its lines, as [source, the rule that must report it]. */
const planted = new Map()
try {
  for (const file of ['oxlint.config.mjs', 'scripts/layers.mjs']) cpSync(join(root, file), join(mirror, file))
  symlinkSync(join(root, 'node_modules'), join(mirror, 'node_modules'), 'junction') // oxlint looks for tsgolint there
  const compilerOptions = { module: 'nodenext', target: 'es2023', strict: true, types: [] }
  writeFileSync(join(mirror, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
  for (const [file, { no = [], yes = [], lines = [] }] of Object.entries(byHand)) {
    plant(file, [...no.map((s) => [`import '${s}'`, LAYER]), ...yes.map((s) => [`import '${s}'`, undefined]), ...lines])
  }
  for (const room of rooms) plant(fileIn(room), importsOf(room))
  for (const [file, lines] of planted) {
    mkdirSync(dirname(join(mirror, file)), { recursive: true })
    writeFileSync(join(mirror, file), `${lines.map(([source]) => source).join('\n')}\n`)
  }
  const wrong = [...unclaimed(), ...compare(lint())]
  if (wrong.length > 0) {
    console.error(`Lint proof failed in ${wrong.length} places:\n${wrong.join('\n')}`)
    process.exitCode = 1
  } else {
    const violations = [...planted.values()].flat().filter(([, rule]) => rule).length
    const all = [...planted.values()].flat().length
    console.log(`Lint proof: ${violations} planted violations reported, ${all - violations} allowed lines passed.`)
  }
} finally {
  rmSync(mirror, { recursive: true, force: true })
}

/** What is planted first stays: of two equal imports in one file the linter reports one. */
function plant(file, lines) {
  const before = planted.get(file) ?? []
  const more = lines.filter(([source]) => !before.some(([other]) => other === source))
  planted.set(file, [...before, ...more])
}

/** A file that the room's rule is for. */
function fileIn({ room, files }) {
  return room === undefined ? files[0] : `${room}/proof.ts`
}

/** An import of every room and of every library, each with what the table says of it. */
function importsOf(room) {
  const libraries = rooms.flatMap(({ may }) => may.filter((target) => !target.startsWith('src/')))
  const targets = [
    ...rooms.flatMap(({ room: folder, files }) => (folder === undefined ? files : [`${folder}/a.js`])),
    ...rooms.flatMap(({ may }) => may.filter((target) => target.startsWith('src/') && !target.includes('*'))),
    ...libraries,
    ...['h3', 'cbor-x', 'vitest', 'fs', 'node:fs/promises'],
  ].map((target) => target.replace('*', 'a').replace(/\.ts$/, '.js'))
  return [...new Set(targets)]
    .filter((target) => target !== fileIn(room).replace(/\.ts$/, '.js'))
    .filter((target) => !(room.typesOnly && new RegExp(room.typesOnly.pattern).test(target)))
    .map((target) => [`import '${specifier(folderOf(room), target)}'`, allows(room, target) ? undefined : LAYER])
}

/** The table read without the linter's patterns. */
function allows({ room, may, not = [] }, target) {
  if (target.startsWith('node:')) return true
  if (!target.startsWith('src/')) return may.some((each) => target === each || target.startsWith(`${each}/`))
  const isOwn = room !== undefined && target.startsWith(`${room}/`)
  return (isOwn || may.some((glob) => fits(glob, target))) && !not.some((glob) => fits(glob, target))
}

function fits(glob, path) {
  const pattern = glob.replaceAll('.', '\\.').replace(/\*+/g, (stars) => (stars.length > 1 ? '.*' : '[^/]*'))
  return new RegExp(`^${pattern}$`).test(path)
}

/** Files of src/ that no rule is for. */
function unclaimed() {
  const files = readdirSync(join(root, 'src'), { recursive: true }).map((file) => `src/${file.replaceAll('\\', '/')}`)
  return files
    .filter((file) => file.endsWith('.ts'))
    .filter(
      (file) =>
        !rooms.some(({ room, files = [] }) => file.startsWith(`${room}/`) || files.some((glob) => fits(glob, file))),
    )
    .map((file) => `  ${file} is in no room of scripts/layers.mjs`)
}

/** The published implementations of a folder, from the exports map: each must be forbidden to the others. */
function published(folder) {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const subpaths = Object.keys(exports).filter((key) => key.startsWith(`./${folder}/`))
  return subpaths.map((key) => `${key.replace(`./${folder}/`, './')}.js`)
}

/** Runs oxlint in the mirror; "file:line" to the rules reported there. */
function lint() {
  const bin = join(root, 'node_modules/oxlint/bin/oxlint')
  const args = [bin, '--type-aware', '--format=json', '-c', 'oxlint.config.mjs', ...planted.keys()]
  const run = spawnSync(process.execPath, args, { cwd: mirror, encoding: 'utf8', maxBuffer: 2 ** 26 })
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
  for (const [file, lines] of planted) {
    for (const [index, [source, rule]] of lines.entries()) {
      const rules = found.get(`${file}:${index + 1}`) ?? []
      if (rule && !rules.includes(rule)) wrong.push(`  ${file} not reported by ${rule}: ${source}`)
      if (!rule && rules.includes(LAYER)) wrong.push(`  ${file} reported although allowed: ${source}`)
    }
  }
  return wrong
}
