// Breaks the code on purpose, one law at a time, and fails unless the tests notice: `npm run mutants [-- text of a name | -- --check]`.
// Each mutant is planted in a copy of the sources, so that an interrupted run leaves nothing behind.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { agreements } from './mutants/agreements.mjs'
import { library } from './mutants/library.mjs'
import { request } from './mutants/request.mjs'
import { others } from './mutants/session.mjs'

/** [the law that is broken, file, text, what it becomes, tests that must notice] */
const mutants = [...request, ...agreements, ...others, ...library]

const root = fileURLToPath(new URL('..', import.meta.url))
const [, , wanted = ''] = process.argv
let survived = 0
let killed = 0
for (const [name, file, text, replacement] of mutants) {
  const original = readFileSync(join(root, file), 'utf8')
  if (original.replace(text, replacement) === original)
    throw new Error(`mutant "${name}": its text is no longer in ${file}`)
}
// The linter asks for no more: whoever changes what a mutant breaks has to change the mutant.
if (wanted === '--check') process.exit()
const chosen = mutants.filter(([name]) => name.includes(wanted))
const whole = tried([...new Set(chosen.map(([, , , , tests]) => tests))])
if (whole.failed) throw new Error(`the tests fail on the code as it is, so they can notice nothing:\n${whole.output}`)
for (const [name, file, text, replacement, tests] of chosen) {
  const { failed, output } = tried([tests], { file, change: (original) => original.replace(text, replacement) })
  if (failed) killed++
  else survived++
  const by = /FAIL\s+(.*)/.exec(output)?.[1]?.split(' > ').slice(1).join(' > ')
  console.log(
    `${failed ? 'noticed ' : 'SURVIVED'} | law ${name}${failed ? ` | by: ${by}` : `\n${output.slice(-1500)}`}`,
  )
}
console.log(`\n${killed} noticed, ${survived} survived`)
if (survived > 0 || killed === 0) process.exitCode = 1

/** Runs tests on a copy of the project, with one file changed. */
function tried(tests, breaking) {
  const folder = mkdtempSync(join(tmpdir(), 'zession-mutant-'))
  try {
    for (const part of ['src', 'test', 'docs', 'vitest.config.ts', 'package.json', 'tsconfig.json'])
      cpSync(join(root, part), join(folder, part), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    if (breaking) {
      const file = join(folder, breaking.file)
      writeFileSync(file, breaking.change(readFileSync(file, 'utf8')))
    }
    const { status, error, stdout, stderr } = spawnSync(
      process.execPath,
      [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--bail=1', ...tests],
      { cwd: folder, encoding: 'utf8', timeout: 900_000, env: { ...process.env, NO_COLOR: '1' } },
    )
    if (error) throw new Error(`the tests did not end, so nobody knows whether they notice: ${error.message}`)
    // A file may fail as a whole: the watch for leaks looks at what all of its tests have brought about.
    return { failed: status !== 0 && /Test(s| Files) .*failed/.test(stdout), output: stdout + stderr }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
