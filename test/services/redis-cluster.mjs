import { execFileSync } from 'node:child_process'
import { requireBinaries } from './binaries.mjs'
import { freePort, run, until } from './process.mjs'
import { askRedis, redisInfo, redisVersion, startRedisNode } from './redis.mjs'

const masters = 3
const urlOf = (node) => `redis://127.0.0.1:${node.port}`
const ask = (node, command, ...args) => askRedis(urlOf(node), command, ...args)

/** @type {typeof import('./redis-cluster.mjs').startRedisCluster} */
export async function startRedisCluster() {
  const nodes = await Promise.all(Array.from({ length: masters * 2 }, startClusterNode))
  const hosts = nodes.map(({ port }) => `127.0.0.1:${port}`)
  const create = ['--cluster', 'create', ...hosts, '--cluster-replicas', '1', '--cluster-yes']
  await run(requireBinaries('redis')['redis-cli'], create)
  await settled(nodes)

  const killed = new Set()
  const living = () => nodes.filter((node) => !killed.has(node))
  const nodeAt = (port) => nodes.find((node) => node.port === Number(port))
  const masterOf = async (slot) => nodeAt(await ownerPort(living()[0], slot))
  const replicaOf = async (master) => {
    const [, , [[, port]]] = await ask(master, 'role')
    return nodeAt(port)
  }

  return {
    url: urlOf(nodes[0]),
    version: `${await redisVersion(urlOf(nodes[0]))} Cluster`,
    nodes,
    slotOf: (key) => ask(living()[0], 'cluster', 'keyslot', key),
    masterOf,

    async failover(slot) {
      const replica = await replicaOf(await masterOf(slot))
      await ask(replica, 'cluster', 'failover')
      await until('the replica is the master', () => allAgree(nodes, slot, replica))
      await settled(nodes)
      return replica
    },

    async killMaster(slot) {
      const master = await masterOf(slot)
      const replica = await replicaOf(master)
      // Redis itself may lose what no replica has yet, and that is not what a test is after.
      await ask(master, 'wait', 1, 500)
      await master.kill()
      killed.add(master)
      await until('a replica took over', () => allAgree(living(), slot, replica))
      await until('the cluster is whole', () => allOk(living()))
      return master
    },

    async revive(node) {
      await node.restart()
      killed.delete(node)
      await settled(nodes)
    },

    async startMove(slot) {
      const from = await masterOf(slot)
      const ranges = await ask(from, 'cluster', 'slots')
      const to = nodeAt(ranges.map(([, , [, port]]) => port).find((port) => port !== from.port))
      const [fromId, toId] = await Promise.all([ask(from, 'cluster', 'myid'), ask(to, 'cluster', 'myid')])
      await ask(to, 'cluster', 'setslot', slot, 'importing', fromId)
      await ask(from, 'cluster', 'setslot', slot, 'migrating', toId)
      return {
        from,
        to,
        async finish() {
          const keys = await ask(from, 'cluster', 'getkeysinslot', slot, 10_000)
          if (keys.length > 0) await ask(from, 'migrate', '127.0.0.1', to.port, '', 0, 5000, 'keys', ...keys)
          // The new owner first: between the two calls no node may send a client round in circles.
          for (const node of [to, from]) await ask(node, 'cluster', 'setslot', slot, 'node', toId)
          await until('every node knows the new owner', () => allAgree(living(), slot, to))
        },
      }
    },

    async stop() {
      await Promise.all(nodes.map((node) => node.stop()))
    },
  }
}

async function startClusterNode() {
  return startRedisNode([
    ...(await busPort()),
    ...['--cluster-enabled', 'yes', '--cluster-config-file', 'nodes.conf', '--cluster-node-timeout', '1000'],
    ...['--cluster-announce-ip', '127.0.0.1', '--cluster-replica-validity-factor', '0'],
    ...['--repl-diskless-sync-delay', '0', '--appendonly', 'yes', '--appendfsync', 'always'],
  ])
}

/** Redis before 7 always takes the port that is 10,000 above the other. */
async function busPort() {
  const version = execFileSync(requireBinaries('redis')['redis-server'], ['--version'], { encoding: 'utf8' })
  return Number(/v=(\d+)/.exec(version)?.[1]) < 7 ? [] : ['--cluster-port', `${await freePort()}`]
}

/** A failover asked for before all of this holds is ignored. */
async function settled(nodes) {
  await until('every node says cluster_state:ok', () => allOk(nodes))
  await until('every replica is linked', () =>
    every(nodes, async (node) => {
      const info = await redisInfo(urlOf(node), 'replication')
      return info.role === 'master' ? Number(info.connected_slaves) > 0 : info.master_link_status === 'up'
    }),
  )
  await until('every node lists all replicas', () =>
    every(nodes, async (node) => {
      const lines = (await ask(node, 'cluster', 'nodes')).trim().split('\n')
      return lines.filter((line) => / (myself,)?slave /.test(line)).length === nodes.length - masters
    }),
  )
}

const allOk = (nodes) => every(nodes, async (node) => (await ask(node, 'cluster', 'info')).includes('cluster_state:ok'))

const allAgree = (nodes, slot, owner) => every(nodes, async (node) => (await ownerPort(node, slot)) === owner.port)

const every = async (nodes, holds) => (await Promise.all(nodes.map(holds))).every(Boolean)

async function ownerPort(asked, slot) {
  const ranges = await ask(asked, 'cluster', 'slots')
  return ranges.find(([from, to]) => from <= slot && slot <= to)?.[2][1]
}
