import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const src = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url))

/** The rings of the test pyramid, a folder of test/ each. `npm run check` runs the fast ones. */
const fast = ['unit', 'property', 'http', 'stores']
const slow = ['e2e', 'dist']

const required = process.env['REQUIRE_SERVICES'] === '1'
const browsers = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  process.env['CHROMIUM_PATH'],
]
const browser = browsers.some((path) => path !== undefined && path !== '' && existsSync(path))
if (!browser && !required && !process.env['E2E_NOTICE']) {
  process.env['E2E_NOTICE'] = 'given' // this file is loaded once per project
  console.warn('No Chromium found: the ring test/e2e is left out (apt-get install chromium, or set CHROMIUM_PATH).')
}

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
    testTimeout: 20_000,
    hookTimeout: 60_000,
    reporters: reportFile ? ['default', ['json', { outputFile: reportFile }]] : ['default'],
    projects: [...fast, ...slow]
      .filter((ring) => ring !== 'e2e' || browser || required)
      .map((ring) => ({
        extends: true as const,
        test: { name: ring, include: [`test/${ring}/**/*.test.ts`] },
      })),
  },
})
