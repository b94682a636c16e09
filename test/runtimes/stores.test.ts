import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { makePlace } from '../chaos/places.mjs'
import { service } from '../services/service.js'
import { plainEnv } from '../support/packed-library.js'

const folder = fileURLToPath(new URL('.', import.meta.url))
const bin = (name: string) => `${folder}node_modules/.bin/${name}`
const runtimes: Readonly<Record<string, readonly [string, ...string[]]>> = {
  Node: [process.execPath],
  Bun: [bin('bun')],
  Deno: [bin('deno'), 'run', '--allow-all', '--node-modules-dir=manual'],
}
const present = { available: true, url: '' }
const stores = {
  memory: present,
  file: present,
  sqlite: present,
  lmdb: present,
  redis: service('redis'),
  postgres: service('postgres'),
  mysql: service('mariadb'),
  mongodb: service('mongodb'),
} as const
/** The rows of the table, as the documentation has them. */
const table = readFileSync(fileURLToPath(new URL('../../docs/web.md', import.meta.url)), 'utf8')

describe.each(Object.entries(stores))('the store %s', (kind, { available, url }) => {
  it.skipIf(!available)('works on the runtimes that the table of docs/web.md says', async () => {
    const cells: string[] = []
    for (const [command, ...args] of Object.values(runtimes)) {
      const place = await makePlace(kind as keyof typeof stores, url)
      try {
        const asked = [...args, 'apps/store.mjs', JSON.stringify(place.store)]
        const { stdout } = await promisify(execFile)(command, asked, { cwd: folder, env: plainEnv(), timeout: 30_000 })
        cells.push(stdout.trim())
      } catch (error) {
        console.error(error)
        cells.push('fails')
      } finally {
        await place.drop()
      }
    }
    expect(table).toContain(`| ${kind} | ${cells.join(' | ')} |`)
  })
})
