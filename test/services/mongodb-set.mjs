import { requireBinaries } from './binaries.mjs'
import { freePort, launch, makeFolder, until } from './process.mjs'

const name = 'rs3'

/** @type {typeof import('./mongodb-set.mjs').startMongodbSet} */
export async function startMongodbSet(size, announce = async (port) => `127.0.0.1:${port}`) {
  const { MongoClient } = await import('mongodb')
  const { mongod } = requireBinaries('mongodb')
  const members = []
  for (let i = 0; i < size; i++) {
    const [folder, port] = [makeFolder('mongo3'), await freePort()]
    const args = [
      ...['--dbpath', folder, '--port', `${port}`, '--bind_ip', '127.0.0.1', '--replSet', name],
      ...['--wiredTigerCacheSizeGB', '0.25', '--oplogSize', '64', '--nounixsocket'],
      ...['--setParameter', 'enableTestCommands=1'],
    ]
    const member = await launch({ command: mongod, args, ready: /Waiting for connections/i, folder })
    members.push(Object.assign(member, { port }))
  }
  const hosts = await Promise.all(members.map(({ port }) => announce(port)))
  const [first] = members
  const admin = async (document) => {
    const client = new MongoClient(`mongodb://127.0.0.1:${first.port}/?directConnection=true`)
    try {
      return await client.db('admin').command(document)
    } finally {
      await client.close()
    }
  }
  const primary = () =>
    until('the first is the primary', async () => (await admin({ hello: 1 })).isWritablePrimary === true, 30_000)
  const complete = () =>
    until('the others follow', async () =>
      (await admin({ replSetGetStatus: 1 })).members.every(({ stateStr }) => /^(PRIMARY|SECONDARY)$/.test(stateStr)),
    )
  // All replicate from the primary: one that lags must hold up nobody else.
  const settings = { electionTimeoutMillis: 3000, chainingAllowed: false }
  await admin({
    replSetInitiate: { _id: name, settings, members: hosts.map((host, i) => ({ _id: i, host, priority: i ? 1 : 2 })) },
  })
  await primary()
  await complete()
  return {
    name,
    members,
    async kill() {
      await Promise.all(members.map((member) => member.kill()))
    },
    async restart() {
      await Promise.all(members.map((member) => member.restart()))
      await primary()
      await complete()
    },
    async stop() {
      await Promise.all(members.map((member) => member.stop()))
    },
  }
}
