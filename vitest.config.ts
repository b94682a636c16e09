import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const src = (path: string) => here(`./src/${path}`)

/** The rings of the test pyramid, a folder of test/ each. `npm run check` runs the fast ones. */
const fast = ['unit', 'self', 'property', 'http', 'stores']
/** The rings with a package file of their own, which run the packed library. */
const packed = ['nitro', 'nuxt', 'playground', 'frameworks', 'runtimes']
const slow = ['servers', 'e2e', 'dist', ...packed]
/** The rings that import src/: no error, hook or log line of theirs may hold an id. */
const watched = [...fast, 'servers']

/** The rings whose tests ask databases. */
const withServers = ['servers', 'runtimes']

/** Tests of the harness that starts the servers need it started. */
const harness = 'test/self/harness/**/*.test.ts'

/**
 * `npm run test:long` runs what `npm test` has no time for: the files that are named so, and those that play a part of their
 * counts in `npm test`, with all of them. Those import test/support/long.ts.
 */
const isLong = process.env['TEST_LONG'] === '1'
const reportFile = process.env['TEST_REPORT_FILE']

export default defineConfig({
  resolve: {
    alias: [
      { find: /^zession$/, replacement: src('index.ts') },
      { find: /^zession\/(h3|web|node|csrf|testing|migrate)$/, replacement: src('$1/index.ts') },
      { find: /^zession\/(codec|stores|adopt)\/(.+)$/, replacement: src('$1/$2.ts') },
    ],
  },
  test: {
    allowOnly: false,
    silent: 'passed-only',
    setupFiles: [here('./test/support/seed.ts')],
    // Far more than any test needs: a busy machine is no failure, and what hangs is found all the same.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000, interval: 10 } },
    reporters: reportFile ? ['default', ['json', { outputFile: reportFile }]] : ['default'],
    projects: [...fast, ...slow]
      .map((ring) => ({
        extends: true as const,
        test: {
          name: ring,
          ...filesOf(ring),
          ...(watched.includes(ring) ? { setupFiles: ['./test/support/leak-watch.ts'] } : {}),
          globalSetup: [
            ...(packed.includes(ring) ? [`./test/${ring}/setup.ts`] : []),
            ...(withServers.includes(ring) ? ['./test/services/setup.ts'] : []),
          ],
        },
      }))
      .filter(({ test }) => test.include.length > 0),
  },
})

function filesOf(ring: string): { include: string[]; exclude: string[] } {
  if (isLong) return { include: longFilesOf(ring), exclude: [] }
  return {
    include: [`test/${ring}/**/*.test.ts`, ...(ring === 'servers' ? [harness] : [])],
    exclude: ['**/node_modules/**', '**/*.long.test.ts', ...(ring === 'self' ? [harness] : [])],
  }
}

function longFilesOf(ring: string): string[] {
  return testsIn(`test/${ring}`).filter(
    (file) => file.endsWith('.long.test.ts') || readFileSync(here(file), 'utf8').includes("/support/long.js'"),
  )
}

/** Without what is installed and built in the rings that have a package file of their own. */
function testsIn(folder: string): string[] {
  return readdirSync(here(folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) return /^(\.|node_modules$)/.test(entry.name) ? [] : testsIn(path)
    return entry.name.endsWith('.test.ts') ? [path] : []
  })
}
