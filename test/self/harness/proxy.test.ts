import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createDatabase, uniqueName } from '../../services/databases.js'
import { askRedis } from '../../services/redis.mjs'
import { service } from '../../services/service.js'
import { type TcpProxy, tcpProxy } from '../../services/tcp-proxy.js'

const redis = service('redis')

describe.skipIf(!redis.available)(`a network that fails, before ${redis.version}`, () => {
  let [proxy, key]: [TcpProxy | undefined, string] = [undefined, '']
  let client: Redis
  const network = () => {
    if (!proxy) throw new Error('no proxy')
    return proxy
  }
  beforeEach(async () => {
    proxy = await tcpProxy(redis.url)
    key = uniqueName()
    client = new Redis(proxy.through(redis.url), { retryStrategy: null, maxRetriesPerRequest: 0 })
    client.on('error', () => {})
    await client.set(key, 'before')
  })
  afterEach(async () => {
    client.disconnect()
    await proxy?.close()
    await askRedis(redis.url, 'del', key)
  })
  const stored = () => askRedis(redis.url, 'get', key)

  it('passes what it is not told to break', async () => {
    expect(network().connections).toBe(1)
    expect(await client.get(key)).toBe('before')
    const large = 'x'.repeat(1_000_000)
    await client.set(key, large)
    expect(await client.get(key)).toBe(large)
  })

  it('cut ends open connections and lets new ones pass', async () => {
    const ended = new Promise((resolve) => client.once('end', resolve))
    network().cut()
    await ended
    expect(network().connections).toBe(0)
    await client.connect()
    expect(await client.get(key)).toBe('before')
  })

  it('silence lets neither data nor an end through on open connections, and new ones pass', async () => {
    network().silence()
    const outcome = Promise.race([client.set(key, 'late').catch(() => 'failed'), sleep(300).then(() => 'silent')])
    expect(await outcome).toBe('silent')
    const closed = new Promise((resolve) => client.stream.once('close', () => resolve('closed')))
    client.stream.end()
    expect(await Promise.race([closed, sleep(300).then(() => 'silent')])).toBe('silent')
    expect(await stored()).toBe('before')
    const other = new Redis(network().through(redis.url))
    await other.set(key, 'after')
    expect(await stored()).toBe('after')
    other.disconnect()
  })

  it('mute accepts connections that never speak, until it heals', async () => {
    network().mute()
    const other = new Redis(network().through(redis.url), { retryStrategy: null, lazyConnect: true })
    other.on('error', () => {})
    const connecting = other.connect().then(
      () => 'ready',
      () => 'failed',
    )
    expect(await Promise.race([connecting, sleep(300).then(() => 'silent')])).toBe('silent')
    expect(await client.get(key)).toBe('before')
    other.stream.destroy()
    await network().heal()
    const healed = new Redis(network().through(redis.url))
    expect(await healed.get(key)).toBe('before')
    healed.disconnect()
  })

  it('refuse is a server that is down, until it heals', async () => {
    const ended = new Promise((resolve) => client.once('end', resolve))
    await network().refuse()
    await ended
    const refused = new Promise((resolve) => client.once('error', resolve))
    await expect(client.connect()).rejects.toThrow()
    expect(await refused).toMatchObject({ code: 'ECONNREFUSED' })
    await network().heal()
    await client.connect()
    expect(await client.get(key)).toBe('before')
  })

  it('delayed answers come late and in order', async () => {
    network().delay(300)
    const answers = Promise.all([client.set(key, 'late'), client.get(key), client.append(key, 'r'), client.get(key)])
    expect(await Promise.race([answers, sleep(100, 'nothing')])).toBe('nothing')
    expect(await stored()).toBe('later')
    expect(await answers).toEqual(['OK', 'late', 5, 'later'])
  })

  it('swallowed: the write is applied and the client waits for an answer that never comes', async () => {
    network().swallowAnswers()
    const write = client.set(key, 'applied')
    expect(await Promise.race([write, sleep(200, 'nothing')])).toBe('nothing')
    expect(await stored()).toBe('applied')
    const failed = write.catch((error: unknown) => error)
    await network().heal()
    expect(await failed).toBeInstanceOf(Error)
  })

  it('a lost answer: the write is applied and the client sees its connection reset', async () => {
    const lost = network().loseAnswer('append')
    expect(await client.get(key)).toBe('before')
    await expect(client.append(key, '+')).rejects.toThrow()
    await lost
    expect(await stored()).toBe('before+')
    await client.connect()
    expect(await client.get(key)).toBe('before+')
  })
})

const postgres = service('postgres')
it.skipIf(!postgres.available)(`an update whose answer is lost is applied: ${postgres.version}`, async () => {
  const database = await createDatabase('postgres', postgres.url)
  const direct = new pg.Client({ connectionString: database.url })
  await direct.connect()
  await direct.query('create table t as select 1 as v')
  const proxy = await tcpProxy(database.url)
  const client = new pg.Client({ connectionString: proxy.through(database.url) })
  client.on('error', () => {})
  await client.connect()
  const lost = proxy.loseAnswer('update t')
  await expect(client.query('update t set v = v + $1', [1])).rejects.toThrow()
  await lost
  expect((await direct.query('select v from t')).rows).toEqual([{ v: 2 }])
  await direct.end()
  await proxy.close()
  await database.drop()
})
