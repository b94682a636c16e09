import type { TestProject } from 'vitest/node'
import { bringBetterSqlite3 } from './better-sqlite3.js'
import { hasBinaries, howToGet, type ServiceName } from './binaries.mjs'
import { installMissing } from './install.js'
import { mysqlVersion, startMariadb } from './mariadb.mjs'
import { mongodbVersion, startMongodb } from './mongodb.mjs'
import { postgresVersion, startPostgres } from './postgres.mjs'
import { type Server, sweepFolders } from './process.mjs'
import { redisVersion, startRedis } from './redis.mjs'
import type { LibraryState, ServiceState } from './service.js'

interface Recipe {
  readonly label: string
  /** Holds the URL of a server that is there already. */
  readonly variable: string
  readonly start: () => Promise<Server>
  readonly ask: (url: string) => Promise<string>
}

const recipes: Readonly<Record<ServiceName, Recipe>> = {
  postgres: { label: 'PostgreSQL', variable: 'TEST_POSTGRES_URL', start: startPostgres, ask: postgresVersion },
  mariadb: { label: 'MariaDB', variable: 'TEST_MYSQL_URL', start: startMariadb, ask: mysqlVersion },
  redis: { label: 'Redis', variable: 'TEST_REDIS_URL', start: () => startRedis({ durable: false }), ask: redisVersion },
  mongodb: { label: 'MongoDB', variable: 'TEST_MONGODB_URL', start: startMongodb, ask: mongodbVersion },
}

const servers: Server[] = []
let report = ''

/** Starts the servers that all test files share, once, before the first of them. */
export async function setup(project: TestProject): Promise<void> {
  const started = performance.now()
  sweepFolders()
  const names = Object.keys(recipes) as ServiceName[]
  const { problems } = await installMissing(names.filter((name) => !process.env[recipes[name].variable]))
  for (const problem of problems) console.error(`could not install ${problem}`)
  const [postgres, mariadb, redis, mongodb, betterSqlite3] = await Promise.all([
    bringUp('postgres'),
    bringUp('mariadb'),
    bringUp('redis'),
    bringUp('mongodb'),
    bringLibrary(),
  ])
  project.provide('services', { postgres, mariadb, redis, mongodb, betterSqlite3 })
  report = [
    ...Object.entries({ postgres, mariadb, redis, mongodb }).map(([name, state]) =>
      line(recipes[name as ServiceName].label, state),
    ),
    line('better-sqlite3', betterSqlite3),
  ].join('\n')
  console.log(`Servers for the tests, ready after ${((performance.now() - started) / 1000).toFixed(1)} s:\n${report}`)
}

/** Says what the tests ran on, where it is read: at the end. */
export async function teardown(): Promise<void> {
  await Promise.all(servers.map((server) => server.stop()))
  console.log(`\nThe tests ran on:\n${report}`)
}

async function bringUp(name: ServiceName): Promise<ServiceState> {
  const { variable, start, ask } = recipes[name]
  const url = process.env[variable]
  const startable = hasBinaries(name)
  if (url) {
    try {
      return { url, version: await ask(url), startable }
    } catch (cause) {
      // Whoever names a server wants that one, and no other in its place.
      throw new Error(`The server of ${variable} does not answer.`, { cause })
    }
  }
  if (!startable) return { missing: howToGet[name] }
  try {
    const server = await start()
    servers.push(server)
    return { url: server.url, version: server.version, startable }
  } catch (error) {
    return { missing: `it does not start: ${(error as Error).message}` }
  }
}

async function bringLibrary(): Promise<LibraryState> {
  try {
    return await bringBetterSqlite3()
  } catch (error) {
    return { missing: `npm install --no-save better-sqlite3: ${(error as Error).message}` }
  }
}

function line(label: string, state: ServiceState | LibraryState): string {
  if ('missing' in state) return `SKIPPED: no ${label} (${state.missing})`
  return `  ${label.padEnd(16)}${state.version}`
}
