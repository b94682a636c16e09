import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildApp } from '../support/built-app.js'
import { installRing } from '../support/packed-library.js'

const here = fileURLToPath(new URL('.', import.meta.url))

/** Builds both apps. */
export async function setup(): Promise<void> {
  await installRing(here)
  await Promise.all([build('nitro2', 'nitropack'), build('nitro3', 'nitro')])
}

async function build(app: string, builder: string): Promise<void> {
  await buildApp(join(here, app), join(here, 'node_modules/.bin', builder))
}
