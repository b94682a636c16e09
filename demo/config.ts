import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** Where the demo keeps its databases: DEMO_DATA, or `data` beside the compiled files. */
const folder = resolve(process.env['DEMO_DATA'] ?? fileURLToPath(new URL('./data', import.meta.url)))

/** The `file:` url of a database in that folder, which is created when it is missing. */
export function databaseUrl(file: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return pathToFileURL(resolve(folder, file)).href
}

/** The port to start looking at for a free one. 0 lets the system choose. */
export function wantedPort(): number {
  const port = Number(process.env['PORT'] ?? 3000)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new Error(`PORT is ${JSON.stringify(process.env['PORT'])}; give a whole number from 0 to 65535.`)
}
