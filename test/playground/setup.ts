import { fileURLToPath } from 'node:url'
import { buildApp } from '../support/built-app.js'
import { installRing } from '../support/packed-library.js'

const playground = fileURLToPath(new URL('../../playground', import.meta.url))

/** Installs and builds the playground. `npm run build` must have run. */
export async function setup(): Promise<void> {
  await installRing(playground)
  await buildApp(playground, `${playground}/node_modules/.bin/nuxt`)
}
