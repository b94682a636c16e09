import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildApp, installPacked } from '../support/built-app.js'

const here = fileURLToPath(new URL('.', import.meta.url))

/** Installs and builds both apps. `npm run build` must have run. */
export async function setup(): Promise<void> {
  await installPacked(here, 'nitropack')
  await Promise.all([build('nitro2', 'nitropack'), build('nitro3', 'nitro')])
}

async function build(app: string, builder: string): Promise<void> {
  await buildApp(join(here, app), join(here, 'node_modules/.bin', builder))
}
