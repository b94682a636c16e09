import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { installRing } from '../support/packed-library.js'

const here = fileURLToPath(new URL('.', import.meta.url))

/** Also bundles the Workers as their users do. */
export async function setup(): Promise<void> {
  await installRing(here)
  for (const name of ['worker', 'd1-laws']) bundle(name)
}

function bundle(name: string): void {
  const as = ['--bundle', '--format=esm', '--platform=neutral', '--external:node:*']
  const found = ['--conditions=workerd', '--main-fields=module,main']
  const args = [`apps/${name}.mjs`, ...as, ...found, `--outfile=.tmp/${name}.mjs`]
  const { status, stderr } = spawnSync('node_modules/.bin/esbuild', args, { cwd: here })
  if (status !== 0) throw new Error(`The Worker ${name} was not bundled:\n${String(stderr)}`)
}
