import { accessSync, constants, readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

/** @type {typeof import('./binaries.mjs').cacheFolder} */
export const cacheFolder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'zession-test')

/** @type {typeof import('./binaries.mjs').findBinary} */
export function findBinary(name, folders = []) {
  // Debian has servers in sbin, which the PATH of ordinary users leaves out.
  const path = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin']
  for (const folder of [...folders, ...path]) {
    const file = join(folder, name)
    try {
      accessSync(file, constants.X_OK)
      return file
    } catch {
      // Not in this one.
    }
  }
  return undefined
}

/** @type {typeof import('./binaries.mjs').requireBinaries} */
export function requireBinaries(service) {
  const found = serviceBinaries[service]()
  const missing = Object.keys(found).filter((name) => !found[name])
  if (missing.length > 0) throw new Error(`No ${missing.join(', ')} here: ${howToGet[service]}`)
  return found
}

/** @type {typeof import('./binaries.mjs').hasBinaries} */
export function hasBinaries(service) {
  return Object.values(serviceBinaries[service]()).every(Boolean)
}

/** @type {typeof import('./binaries.mjs').howToGet} */
export const howToGet = {
  postgres: 'apt-get install postgresql, brew install postgresql, or set TEST_POSTGRES_URL',
  mariadb: 'apt-get install mariadb-server, brew install mariadb, or set TEST_MYSQL_URL',
  redis: 'apt-get install redis-server, brew install redis, or set TEST_REDIS_URL',
  mongodb: 'put mongod 4.2 or newer on PATH or its path in MONGOMS_SYSTEM_BINARY, or set TEST_MONGODB_URL',
}

const serviceBinaries = {
  postgres: () => {
    const folders = debianPostgres()
    return { postgres: findBinary('postgres', folders), initdb: findBinary('initdb', folders) }
  },
  mariadb: () => ({
    mariadbd: findBinary('mariadbd'),
    'mariadb-install-db': findBinary('mariadb-install-db'),
  }),
  redis: () => ({ 'redis-server': findBinary('redis-server'), 'redis-cli': findBinary('redis-cli') }),
  mongodb: () => ({ mongod: process.env.MONGOMS_SYSTEM_BINARY || findBinary('mongod', [join(cacheFolder, 'mongod')]) }),
}

/** The newest first. Debian keeps the server programs away from PATH. */
function debianPostgres() {
  const root = '/usr/lib/postgresql'
  try {
    const versions = readdirSync(root).sort((a, b) => Number(b) - Number(a))
    return versions.map((version) => join(root, version, 'bin'))
  } catch {
    return []
  }
}
