import { requireBinaries } from './binaries.mjs'
import { freePort, launch, makeFolder, until } from './process.mjs'

/** @type {typeof import('./mongodb.mjs').startMongodb} */
export async function startMongodb() {
  const { mongod } = requireBinaries('mongodb')
  const [folder, port] = [makeFolder('mongo'), await freePort()]
  const host = `127.0.0.1:${port}`
  const server = await launch({
    command: mongod,
    args: [
      ...['--dbpath', folder, '--port', `${port}`, '--bind_ip', '127.0.0.1', '--nounixsocket', '--replSet', 'rs0'],
      ...['--wiredTigerCacheSizeGB', '0.25', '--oplogSize', '64'],
      ...['--setParameter', 'diagnosticDataCollectionEnabled=false'],
      // Every second instead of every minute, so that a test can see the server remove what has expired.
      ...['--setParameter', 'ttlMonitorSleepSecs=1'],
    ],
    ready: /Waiting for connections/i,
    folder,
  })
  const direct = `mongodb://${host}/?directConnection=true`
  await command(direct, { replSetInitiate: { _id: 'rs0', members: [{ _id: 0, host }] } })
  await primary(direct)
  const url = `mongodb://${host}/?replicaSet=rs0`
  const { restart } = server
  return Object.assign(server, {
    url,
    port,
    version: await mongodbVersion(url),
    async restart() {
      await restart()
      await primary(direct)
    },
  })
}

/** @type {typeof import('./mongodb.mjs').mongodbVersion} */
export async function mongodbVersion(url) {
  const { version } = await command(url, { buildInfo: 1 })
  return `MongoDB ${version}`
}

/** Until then it refuses writes. */
const primary = (url) =>
  until('the server is the primary', async () => (await command(url, { hello: 1 })).isWritablePrimary)

async function command(url, document) {
  const { MongoClient } = await import('mongodb')
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 10_000 })
  try {
    return await client.db('admin').command(document)
  } finally {
    await client.close()
  }
}
