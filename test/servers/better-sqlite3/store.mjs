// A store on better-sqlite3 through Drizzle, as an app makes it. Drizzle finds the library only where it is installed, and it is
// no dependency of this package: a hook says where it is. The processes of the store laws use this file too.
import { createRequire, register } from 'node:module'
import { pathToFileURL } from 'node:url'

/** Opens a file with the library that lies at `path`. */
export async function openDatabase(path, file) {
  const url = JSON.stringify(pathToFileURL(path).href)
  const hook = `export const resolve = (specifier, context, next) =>
    specifier === 'better-sqlite3' ? { url: ${url}, shortCircuit: true } : next(specifier, context)`
  register(`data:text/javascript,${encodeURIComponent(hook)}`)
  const { drizzle } = await import('drizzle-orm/better-sqlite3')
  const Database = createRequire(import.meta.url)(path)
  const client = new Database(file, { timeout: 5000 })
  client.pragma('journal_mode = wal')
  return { db: drizzle(client), client }
}

/** For the processes of the store laws. It runs the built package, as Node 20 runs no TypeScript. */
export async function openStore(path, file) {
  const { sqliteStore } = await import('../../../dist/stores/sqlite.js')
  const { db, client } = await openDatabase(path, file)
  return { ...sqliteStore({ db }), close: async () => void client.close() }
}
