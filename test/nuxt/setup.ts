import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildApp } from '../support/built-app.js'
import { installRing } from '../support/packed-library.js'

const here = fileURLToPath(new URL('.', import.meta.url))

/** Installs and builds the app. `npm run build` must have run. */
export async function setup(): Promise<void> {
  if (process.env['RING_APP'] !== undefined) return
  await installRing(here)
  await buildApp(join(here, 'app'), join(here, 'node_modules/.bin/nuxt'))
}
