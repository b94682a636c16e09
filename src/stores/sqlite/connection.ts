import { mkdir, open as openFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { backoff } from '../../core/backoff.js'
import { SessionConfigError, StoreError } from '../../core/errors.js'
import { codeOf, driverErrorOf } from '../failure.js'

const busyTimeoutMs = 5000
const openAgainMs = 40

/** Where a libsql URL points: a file, this process's memory, or a server. */
export type Place = { kind: 'file'; path: string } | { kind: 'memory' } | { kind: 'remote' }

/** @throws SessionConfigError when the URL is of no kind that @libsql/client opens. */
export function placeOf(url: string): Place {
  if (url === ':memory:' || /^file::memory:/.test(url)) return { kind: 'memory' }
  if (/^(libsql|https?|wss?):/.test(url)) return { kind: 'remote' }
  const path = /^file:(?:\/\/[^/?#]*)?([^?#]+)/.exec(url)?.[1]
  if (path === undefined || /%(?![0-9a-f]{2})/i.test(path)) {
    throw new SessionConfigError(
      'sqliteStore: this url is none that @libsql/client opens. Use file:path/to/sessions.db, :memory:, libsql:, https: or wss:.',
    )
  }
  return { kind: 'file', path: decodeURIComponent(path) }
}

/**
 * Opens again while another process has the file. SQLite waits by itself for statements, but of two connections that switch a new
 * file to WAL at once it refuses one: to wait would be a deadlock.
 */
export async function onceFree<T>(open: () => Promise<T>): Promise<T> {
  const began = performance.now()
  for (let attempt = 1; ; attempt++) {
    try {
      return await open()
    } catch (error) {
      const isLate = performance.now() - began >= busyTimeoutMs
      if (isLate || !codeOf(driverErrorOf(error)).startsWith('SQLITE_BUSY')) throw error
      await backoff(attempt, openAgainMs)
    }
  }
}

/** Opens a libsql client that the store owns, with a Drizzle database on top. */
export async function openLibsql(url: string, authToken: string | undefined, place: Place) {
  const [{ createClient }, { drizzle }] = await Promise.all([import('@libsql/client'), import('drizzle-orm/libsql')])
  if (place.kind === 'file') await prepareFile(place.path)
  // One connection for a local database: libsql runs every statement synchronously, so more of them would gain nothing,
  // and each new one would start without the settings below. A server keeps libsql's own default.
  const local = place.kind === 'remote' ? {} : { concurrency: 1, timeout: busyTimeoutMs }
  const client = createClient({ url, ...(authToken === undefined ? {} : { authToken }), ...local })
  if (place.kind === 'file') {
    try {
      await client.execute(`pragma busy_timeout = ${busyTimeoutMs}`)
      // Readers and the one writer do not block each other. The mode is kept in the file.
      await client.execute('pragma journal_mode = wal')
      // FULL: a commit is on the disk before it is acknowledged. NORMAL would survive the death of the process too,
      // but a power cut could take acknowledged logouts back.
      await client.execute('pragma synchronous = full')
    } catch (error) {
      client.close()
      throw error
    }
  }
  return { db: drizzle(client), close: () => client.close() }
}

// Sessions are secrets: the file is made readable by its owner alone, and SQLite gives its -wal and -shm the same mode.
async function prepareFile(path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await (await openFile(path, 'a', 0o600)).close()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new StoreError(
      `sqliteStore cannot open its file ${path} (${code}). Missing folders are made, so see whether this process may write there, and whether the path is the right one.`,
      { cause: error },
    )
  }
}
