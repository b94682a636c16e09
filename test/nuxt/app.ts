import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuiltServer, startBuilt } from '../support/built-server.js'

/**
 * The app under test, and the node that its server runs on. `scripts/nuxt-matrix.mjs` names a copy that it has built with another
 * Nuxt, and another node.
 */
export const appFolder = process.env['RING_APP'] ?? fileURLToPath(new URL('./app', import.meta.url))
export const output = join(appFolder, '.output')

const SECRETS = 'the newest secret of this ring - 32 and more, an older secret of this ring - 32 and more'

/** The server of the built app. */
export function start(env: Readonly<Record<string, string>> = {}): Promise<BuiltServer> {
  return startBuilt(join(output, 'server/index.mjs'), '/api/me', { NUXT_ZESSION_SECRETS: SECRETS, ...env })
}
