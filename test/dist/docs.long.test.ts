import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'

interface DocsReport {
  pages: string[]
  compiled: string[]
  executed: string[]
  optedOut: string[]
  failures: string[]
}

const root = fileURLToPath(new URL('../..', import.meta.url))

describe('the code blocks of README.md and docs/', () => {
  let report: DocsReport

  beforeAll(() => {
    const run = spawnSync(process.execPath, ['scripts/docs-blocks.mjs', '--json'], { cwd: root, encoding: 'utf8' })
    if (run.status !== 0) throw new Error(`scripts/docs-blocks.mjs ended with ${run.status}:\n${run.stderr}`)
    report = JSON.parse(run.stdout) as DocsReport
  }, 600_000)

  it('there is a README.md, with code in it', () => {
    expect(existsSync(`${root}/README.md`), 'README.md does not exist yet').toBe(true)
    expect(report.compiled.filter((at) => at.startsWith('README.md:')).length).toBeGreaterThan(0)
  })

  it('every ts block compiles, and every block marked run ends well', () => {
    expect(report.failures).toEqual([])
  })

  it('blocks that opt out are counted and printed', () => {
    const { compiled, executed, optedOut } = report
    console.log(`docs: ${compiled.length} blocks compiled, ${executed.length} run, ${optedOut.length} opted out`)
    for (const at of optedOut) console.log(`docs: not checked, by its own wish: ${at}`)
    expect(optedOut.length, 'fragments must stay the exception').toBeLessThanOrEqual(Math.max(3, compiled.length / 5))
  })
})
