import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { plainEnv } from '../support/packed-library.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)

/** The files that a run selects, as vitest itself says it. */
async function selectedBy(env: Readonly<Record<string, string>>): Promise<string[]> {
  const args = ['node_modules/vitest/vitest.mjs', 'list', '--filesOnly', '--json']
  const { stdout } = await run(process.execPath, args, { cwd: root, env: plainEnv({ TEST_LONG: '', ...env }) })
  return (JSON.parse(stdout) as { file: string }[]).map(({ file }) => file.slice(root.length))
}

/** Every file whose name says that it holds tests, committed or new. */
async function namedAsTests(): Promise<string[]> {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '--deduplicate', 'test']
  const { stdout } = await run('git', args, { cwd: root })
  return stdout.split('\n').filter((file) => /\.(test|spec)\.[cm]?[jt]sx?$/.test(file))
}

describe('every test file of every ring', async () => {
  const [files, usual, long] = await Promise.all([namedAsTests(), selectedBy({}), selectedBy({ TEST_LONG: '1' })])

  it('is selected by `npm test` or by `npm run test:long`', () => {
    expect(files.length).toBeGreaterThan(200)
    const selected = new Set([...usual, ...long])
    expect(files.filter((file) => !selected.has(file))).toEqual([])
  })

  it('is selected by `npm run test:long`, and by nothing else, if its name says that it is long', () => {
    const named = files.filter((file) => file.endsWith('.long.test.ts'))
    expect(named.filter((file) => !long.includes(file) || usual.includes(file))).toEqual([])
  })

  it('is selected once in a run', () => {
    for (const selected of [usual, long]) expect(selected).toEqual([...new Set(selected)])
  })
})
