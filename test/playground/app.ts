import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuiltServer, startBuilt } from '../support/built-server.js'

const entry = fileURLToPath(new URL('../../playground/.output/server/index.mjs', import.meta.url))

/** A folder for the sessions of a server. */
export function folder(): string {
  return mkdtempSync(join(tmpdir(), 'zession-playground-'))
}

/** The server of the built playground, with a store of its own unless it is given one. */
export function start(env: Readonly<Record<string, string>> = {}): Promise<BuiltServer> {
  return startBuilt(entry, '/icon.svg', { NUXT_ZESSION_STORE_URL: `file:${folder()}`, ...env })
}
