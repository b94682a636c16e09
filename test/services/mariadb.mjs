import { join } from 'node:path'
import { requireBinaries } from './binaries.mjs'
import { freePort, launch, makeFolder, run } from './process.mjs'

/** @type {typeof import('./mariadb.mjs').startMariadb} */
export async function startMariadb() {
  const binaries = requireBinaries('mariadb')
  const [folder, port] = [makeFolder('my'), await freePort()]
  const data = join(folder, 'data')
  const user = process.getuid?.() === 0 ? ['--user=root'] : []
  const fresh = ['--auth-root-authentication-method=normal', '--skip-test-db', '--skip-name-resolve']
  await run(binaries['mariadb-install-db'], ['--no-defaults', `--datadir=${data}`, ...fresh, ...user])
  const server = await launch({
    command: binaries.mariadbd,
    args: [
      '--no-defaults',
      `--datadir=${data}`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      `--socket=${join(folder, 's.sock')}`,
      `--pid-file=${join(folder, 'pid')}`,
      '--skip-name-resolve',
      '--skip-log-bin',
      '--max-connections=500',
      '--innodb-buffer-pool-size=32M',
      '--innodb-log-file-size=16M',
      '--performance-schema=OFF',
      // As fsync=off of PostgreSQL: a commit is in the hands of the kernel, so that a kill -9 of the server loses nothing.
      '--innodb-flush-log-at-trx-commit=2',
      ...user,
    ],
    ready: /ready for connections/,
    folder,
  })
  const url = `mysql://root@127.0.0.1:${port}`
  return Object.assign(server, { url, port, version: await mysqlVersion(url) })
}

/** @type {typeof import('./mariadb.mjs').mysqlVersion} */
export async function mysqlVersion(url) {
  const { createConnection } = await import('mysql2/promise')
  const connection = await createConnection(url)
  try {
    const [rows] = await connection.query('select version() as version')
    const [number, brand] = rows[0].version.split('-')
    return `${brand === 'MariaDB' ? brand : 'MySQL'} ${number}`
  } finally {
    await connection.end()
  }
}
