import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { installRing } from '../support/packed-library.js'

const here = fileURLToPath(new URL('.', import.meta.url))

/** Also bundles the Worker as its users do. */
export async function setup(): Promise<void> {
  await installRing(here, 'deno')
  const bundle = ['apps/worker.mjs', '--bundle', '--format=esm', '--platform=neutral', '--external:node:*']
  const conditions = ['--conditions=workerd', '--main-fields=module,main', '--outfile=.tmp/worker.mjs']
  const { status, stderr } = spawnSync('node_modules/.bin/esbuild', [...bundle, ...conditions], { cwd: here })
  if (status !== 0) throw new Error(`The Worker was not bundled:\n${String(stderr)}`)
}
