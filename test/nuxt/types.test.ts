import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, it } from 'vitest'
import { plainEnv } from '../support/packed-library.js'

const app = fileURLToPath(new URL('./app', import.meta.url))
const tsc = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url))

const nuxt = fileURLToPath(new URL('./node_modules/.bin/nuxt', import.meta.url))

beforeAll(() => {
  // A build writes no types.
  const run = spawnSync(nuxt, ['prepare'], { cwd: app, encoding: 'utf8', env: plainEnv() })
  expect(run.status, run.stdout + run.stderr).toBe(0)
})

it.each(['server', 'page', 'node'])(
  'the %s side is typed by the schema: app/types.ts, server/utils/types.ts and rules.ts hold what compiles and what must not',
  (side) => {
    const run = spawnSync(process.execPath, [tsc, '-p', `tsconfig.${side}.json`], { cwd: app, encoding: 'utf8' })
    expect([run.stdout, run.stderr, run.status]).toEqual(['', '', 0])
  },
)
