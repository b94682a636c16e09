import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type App, launchApp } from '../support/edge-app.js'

const folder = fileURLToPath(new URL('.', import.meta.url))
let app: App
beforeAll(async () => {
  app = await launchApp(process.execPath, ['apps/d1-miniflare.mjs'], folder)
})
afterAll(() => app?.stop())

// One test: which laws there are is known in the Worker alone.
it('sqliteStore({ db }) keeps every law on Cloudflare D1, in a Worker', { timeout: 1_200_000 }, async () => {
  const names = JSON.parse((await app.get('/')).text) as string[]
  expect(names.length).toBeGreaterThan(50)
  const broken: string[] = []
  for (const [at, name] of names.entries()) {
    const { text } = await app.get(`/${at}`, undefined, { headers: { connection: 'close' } })
    if (text !== 'kept') broken.push(`${name}: ${text}`)
  }
  expect(broken).toEqual([])
})
