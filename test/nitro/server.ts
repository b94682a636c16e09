import { fileURLToPath } from 'node:url'
import { type BuiltServer, startBuilt } from '../support/built-server.js'

/** The server of one of the apps. */
export function start(app: string, env: Readonly<Record<string, string>> = {}): Promise<BuiltServer> {
  return startBuilt(fileURLToPath(new URL(`./${app}/.output/server/index.mjs`, import.meta.url)), '/me', env)
}
