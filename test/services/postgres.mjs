import { chownSync } from 'node:fs'
import { join } from 'node:path'
import { requireBinaries } from './binaries.mjs'
import { freePort, launch, makeFolder, run } from './process.mjs'

/** @type {typeof import('./postgres.mjs').startPostgres} */
export async function startPostgres() {
  const { postgres, initdb } = requireBinaries('postgres')
  const [folder, port] = [makeFolder('pg'), await freePort()]
  const data = join(folder, 'data')
  const options = { cwd: folder }
  if (process.getuid?.() === 0) {
    // PostgreSQL refuses to run as root.
    Object.assign(options, { uid: 65534, gid: 65534 })
    chownSync(folder, 65534, 65534)
  }
  const fresh = ['-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync', '--no-instructions']
  await run(initdb, ['-D', data, ...fresh], options)
  // Without fsync a kill -9 of the server loses nothing: what it wrote is in the hands of the kernel.
  const settings = ['fsync=off', 'shared_buffers=32MB', 'max_connections=200']
  const server = await launch({
    command: postgres,
    args: ['-D', data, '-p', `${port}`, '-h', '127.0.0.1', '-k', '', ...settings.flatMap((one) => ['-c', one])],
    ready: /ready to accept connections/,
    folder,
    stopSignal: 'SIGINT',
    options,
  })
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  return Object.assign(server, { url, port, version: await postgresVersion(url) })
}

/** @type {typeof import('./postgres.mjs').postgresVersion} */
export async function postgresVersion(url) {
  const { default: pg } = await import('pg')
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query('show server_version')
    return `PostgreSQL ${rows[0].server_version.split(' ')[0]}`
  } finally {
    await client.end()
  }
}
