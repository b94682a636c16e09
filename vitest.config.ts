import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const src = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url))

/** The rings of the test pyramid, a folder of test/ each. `npm run check` runs the fast ones. */
const fast = ['unit', 'self', 'property', 'http', 'stores']
const slow = ['servers', 'e2e', 'dist', 'nitro']
/** The rings that import src/: no error, hook or log line of theirs may hold an id. */
const watched = [...fast, 'servers']

/** Tests of the harness that starts the servers need it started. */
const harness = 'test/self/harness/**/*.test.ts'

const reportFile = process.env['TEST_REPORT_FILE']

export default defineConfig({
  resolve: {
    alias: [
      { find: /^zession$/, replacement: src('index.ts') },
      { find: /^zession\/(h3|testing)$/, replacement: src('$1/index.ts') },
      { find: /^zession\/(codec|stores)\/(.+)$/, replacement: src('$1/$2.ts') },
    ],
  },
  test: {
    allowOnly: false,
    silent: 'passed-only',
    setupFiles: [fileURLToPath(new URL('./test/support/seed.ts', import.meta.url))],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    reporters: reportFile ? ['default', ['json', { outputFile: reportFile }]] : ['default'],
    projects: [...fast, ...slow].map((ring) => ({
      extends: true as const,
      test: {
        name: ring,
        include: [`test/${ring}/**/*.test.ts`, ...(ring === 'servers' ? [harness] : [])],
        ...(ring === 'self' ? { exclude: [harness] } : {}),
        ...(watched.includes(ring) ? { setupFiles: ['./test/support/leak-watch.ts'] } : {}),
        ...(ring === 'servers' ? { globalSetup: ['./test/services/setup.ts'] } : {}),
        ...(ring === 'nitro' ? { globalSetup: ['./test/nitro/setup.ts'] } : {}),
      },
    })),
  },
})
