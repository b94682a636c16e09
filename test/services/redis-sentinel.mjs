import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { requireBinaries } from './binaries.mjs'
import { freePort, launch, makeFolder, until } from './process.mjs'
import { askRedis, redisInfo, redisVersion, startRedisNode } from './redis.mjs'

const name = 'mymaster'
const urlOf = (node) => `redis://127.0.0.1:${node.port}`

/** @type {typeof import('./redis-sentinel.mjs').startRedisSentinel} */
export async function startRedisSentinel() {
  const first = await startDataNode()
  const replicas = await Promise.all([1, 2].map(() => startDataNode(first)))
  const nodes = [first, ...replicas]
  const sentinels = await Promise.all([1, 2, 3].map(() => startSentinel(first)))
  const killed = new Set()

  const masterPort = async (sentinel) =>
    Number((await askRedis(urlOf(sentinel), 'sentinel', 'get-master-addr-by-name', name))[1])
  const allAgree = async () => new Set(await Promise.all(sentinels.map(masterPort))).size === 1
  const master = async () => {
    await until('the sentinels agree', allAgree)
    const port = await masterPort(sentinels[0])
    return nodes.find((node) => node.port === port)
  }
  const settled = async () => {
    const current = await master()
    const others = nodes.filter((node) => node !== current && !killed.has(node))
    await until('every replica is linked', () =>
      every(others, async (node) => {
        const info = await redisInfo(urlOf(node), 'replication')
        return info.master_link_status === 'up' && Number(info.master_port) === current.port
      }),
    )
    await until('every sentinel knows all', () =>
      every(sentinels, async (sentinel) => {
        const known = pairs(await askRedis(urlOf(sentinel), 'sentinel', 'master', name))
        return known['num-slaves'] === '2' && known['num-other-sentinels'] === '2' && known.flags === 'master'
      }),
    )
  }
  await settled()

  return {
    name,
    version: `${await redisVersion(urlOf(first))} Sentinel`,
    sentinels,
    nodes,
    master,

    async killMaster() {
      const old = await master()
      // Redis itself may lose what no replica has yet, and that is not what a test is after.
      await askRedis(urlOf(old), 'wait', 2, 500)
      await old.kill()
      killed.add(old)
      await until('another is the master', async () => (await masterPort(sentinels[0])) !== old.port)
      const current = await master()
      await until('it says so', async () => (await redisInfo(urlOf(current), 'replication')).role === 'master')
      await settled()
      return old
    },

    async revive(node) {
      const current = await master()
      // By its old settings it would be a second master for about ten seconds.
      await node.restart([...node.args, ...replicaOf(current)])
      killed.delete(node)
      await settled()
    },

    async stop() {
      await Promise.all([...sentinels, ...nodes].map((node) => node.stop()))
    },
  }
}

function startDataNode(master) {
  const extra = ['--repl-diskless-sync-delay', '0', '--appendonly', 'yes', '--appendfsync', 'always']
  return startRedisNode([...extra, ...(master ? replicaOf(master) : [])])
}

const replicaOf = ({ port }) => ['--replicaof', '127.0.0.1', `${port}`]

async function startSentinel(master) {
  const [folder, port] = [makeFolder('sentinel'), await freePort()]
  const file = join(folder, 's.conf')
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${folder}`,
    `sentinel monitor ${name} 127.0.0.1 ${master.port} 2`,
    `sentinel down-after-milliseconds ${name} 500`,
    `sentinel failover-timeout ${name} 2000`,
  ]
  writeFileSync(file, `${lines.join('\n')}\n`)
  const server = await launch({
    command: requireBinaries('redis')['redis-server'],
    args: [file, '--sentinel'],
    ready: /\+monitor master/,
    folder,
  })
  return Object.assign(server, { port, host: '127.0.0.1' })
}

const every = async (nodes, holds) => (await Promise.all(nodes.map(holds))).every(Boolean)

/** Redis answers a map as keys and values in turn. */
function pairs(flat) {
  return Object.fromEntries(flat.flatMap((key, i) => (i % 2 === 0 ? [[key, flat[i + 1]]] : [])))
}
