import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { cookieOf, launchApp } from '../support/edge-app.js'
import { edgeLaws } from '../support/edge-laws.js'

const folder = fileURLToPath(new URL('.', import.meta.url))
const bin = (name: string) => `${folder}node_modules/.bin/${name}`
const runtimes = {
  'Bun.serve': () => launchApp(bin('bun'), ['apps/bun.mjs'], folder),
  'Deno.serve': () =>
    launchApp(bin('deno'), ['run', '--allow-all', '--node-modules-dir=manual', 'apps/deno.mjs'], folder),
  'a Worker on workerd': () => launchApp(process.execPath, ['apps/miniflare.mjs'], folder),
}

for (const [name, start] of Object.entries(runtimes)) {
  edgeLaws(name, start)

  describe(name, () => {
    it('a WebSocket has the session to read', async () => {
      const app = await start()
      try {
        const cookie = cookieOf(await app.get('/json'))
        expect(await app.firstMessage('/socket', cookie)).toBe('{"user":"someone","code":"ERR_SESSION_READONLY"}')
      } finally {
        await app.stop()
      }
    })
  })
}
