import { Cluster, Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { askRedis } from '../../services/redis.mjs'
import { type RedisCluster, startRedisCluster } from '../../services/redis-cluster.mjs'
import { type RedisSentinel, startRedisSentinel } from '../../services/redis-sentinel.mjs'
import { service } from '../../services/service.js'

const redis = service('redis')
const at = ({ port }: { port: number }) => `redis://127.0.0.1:${port}`

describe.skipIf(!redis.startable)('Redis Cluster', () => {
  let cluster: RedisCluster
  let client: Cluster
  beforeAll(async () => {
    cluster = await startRedisCluster()
    client = new Cluster([cluster.url])
  })
  afterAll(async () => {
    client?.disconnect()
    await cluster?.stop()
  })

  it('is three masters with a replica each', async () => {
    expect(cluster.version).toMatch(/^(Redis|Valkey) \d+\.\d+\.\d+ Cluster$/)
    const roles = await Promise.all(cluster.nodes.map(async (node) => (await askRedis(at(node), 'role')) as unknown[]))
    expect(roles.map(([role]) => role).sort()).toEqual(['master', 'master', 'master', 'slave', 'slave', 'slave'])
  })

  it('a failover by request swaps the master, and the client follows', async () => {
    await client.set('swapped', 'kept')
    const slot = await cluster.slotOf('swapped')
    const before = await cluster.masterOf(slot)
    const after = await cluster.failover(slot)
    expect(after).not.toBe(before)
    expect(await cluster.masterOf(slot)).toBe(after)
    expect(await client.get('swapped')).toBe('kept')
  })

  it('a killed master is replaced without losing a write, and comes back as a replica', async () => {
    await client.set('killed', 'kept')
    const slot = await cluster.slotOf('killed')
    const dead = await cluster.killMaster(slot)
    expect(() => process.kill(dead.pid, 0)).toThrow('ESRCH')
    expect(await cluster.masterOf(slot)).not.toBe(dead)
    expect(await client.get('killed')).toBe('kept')
    await cluster.revive(dead)
    expect(((await askRedis(at(dead), 'role')) as unknown[])[0]).toBe('slave')
  })

  it('a slot on the move answers ASK for what is not there, then lives with the other master', async () => {
    await client.set('{moved}1', 'kept')
    const slot = await cluster.slotOf('{moved}1')
    const move = await cluster.startMove(slot)
    await expect(askRedis(at(move.from), 'get', '{moved}2')).rejects.toThrow(/^ASK /)
    await client.set('{moved}2', 'kept too')
    await move.finish()
    expect(await cluster.masterOf(slot)).toBe(move.to)
    expect(await client.get('{moved}1')).toBe('kept')
    expect(await client.get('{moved}2')).toBe('kept too')
  })
})

describe.skipIf(!redis.startable)('Redis Sentinel', () => {
  let group: RedisSentinel
  beforeAll(async () => {
    group = await startRedisSentinel()
  })
  afterAll(() => group?.stop())

  it('replaces a killed master, which comes back as a replica', { timeout: 300_000 }, async () => {
    expect(group.version).toMatch(/^(Redis|Valkey) \d+\.\d+\.\d+ Sentinel$/)
    const client = new Redis({ sentinels: [...group.sentinels], name: group.name })
    await client.set('k', 'kept')
    const dead = await group.killMaster()
    const master = await group.master()
    expect(master).not.toBe(dead)
    expect(await client.get('k')).toBe('kept')
    await group.revive(dead)
    expect(await askRedis(at(dead), 'role')).toEqual([
      'slave',
      '127.0.0.1',
      master.port,
      'connected',
      expect.anything(),
    ])
    client.disconnect()
  })
})
