// Runs the bundled Worker on workerd.
import { readFileSync } from 'node:fs'
import { Miniflare } from 'miniflare'

const worker = new Miniflare({
  host: '127.0.0.1',
  port: 0,
  modules: [{ type: 'ESModule', path: 'worker.mjs', contents: readFileSync('.tmp/worker.mjs', 'utf8') }],
  compatibilityDate: '2026-04-01',
  compatibilityFlags: ['nodejs_compat'],
})
const { port } = await worker.ready
process.stdout.write(`${port}\n`)
process.stdin.resume().on('end', () => process.exit(0))
