import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const app = fileURLToPath(new URL('./app', import.meta.url))
const tsc = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url))

it.each(['server', 'page'])(
  'the %s side is typed by the schema: app/types.ts and server/utils/types.ts hold what compiles and what must not',
  (side) => {
    const run = spawnSync(process.execPath, [tsc, '-p', `tsconfig.${side}.json`], { cwd: app, encoding: 'utf8' })
    expect([run.stdout, run.stderr, run.status]).toEqual(['', '', 0])
  },
)
