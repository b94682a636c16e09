import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildApp, installPacked } from '../support/built-app.js'

const here = fileURLToPath(new URL('.', import.meta.url))

/** Installs and builds the app. `npm run build` must have run. */
export async function setup(): Promise<void> {
  await installPacked(here, 'nuxt')
  await buildApp(join(here, 'app'), join(here, 'node_modules/.bin/nuxt'))
}
