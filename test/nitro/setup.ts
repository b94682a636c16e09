import { execFile } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { installRing, plainEnv } from '../support/packed-library.js'

const run = promisify(execFile)
const here = fileURLToPath(new URL('.', import.meta.url))

/** Builds both apps. */
export async function setup(): Promise<void> {
  await installRing(here, 'nitropack')
  await Promise.all([build('nitro2', 'nitropack'), build('nitro3', 'nitro')])
}

async function build(app: string, builder: string): Promise<void> {
  const folder = join(here, app)
  rmSync(join(folder, '.output'), { recursive: true, force: true })
  await run(join(here, 'node_modules/.bin', builder), ['build'], { cwd: folder, env: plainEnv() })
}
