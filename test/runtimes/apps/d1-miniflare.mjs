// Runs the Worker of the laws on workerd, with a D1 database that has no file.
import { readFileSync } from 'node:fs'
import { Miniflare } from 'miniflare'

const worker = new Miniflare({
  host: '127.0.0.1',
  port: 0,
  modules: [{ type: 'ESModule', path: 'worker.mjs', contents: readFileSync('.tmp/d1-laws.mjs', 'utf8') }],
  compatibilityDate: '2026-04-01',
  compatibilityFlags: ['nodejs_compat'],
  d1Databases: ['DB'],
})
const { port } = await worker.ready
process.stdout.write(`${port}\n`)
process.stdin.resume().on('end', () => process.exit(0))
