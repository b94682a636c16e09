// Writes the table of docs/edges.md, frameworks by runtimes by stores, from the run of the test that visits each of them:
// `npm run build && node scripts/edge-table.mjs`. Without it the same test fails when the table is stale.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../', import.meta.url))
const args = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'runtimes', 'test/runtimes/matrix.long.test.ts']
const env = { ...process.env, REQUIRE_SERVICES: '1', WRITE_TABLES: '1', TEST_LONG: '1' }
process.exitCode = spawnSync(process.execPath, args, { cwd: root, env, stdio: 'inherit' }).status ?? 1
