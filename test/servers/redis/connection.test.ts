import { readFile } from 'node:fs/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { redisStore } from '../../../src/stores/redis.js'
import { available, day, inADay, key, type OwnRedis, ownRedis, record } from './kit.js'

describe.skipIf(!available)('redisStore', () => {
  let server: OwnRedis['server']
  let admin: OwnRedis['admin']
  beforeAll(async () => {
    const own = await ownRedis()
    ;({ server, admin } = own)
    return own.stop
  })

  it('needs no other rights than those that its page names', async () => {
    const page = await readFile(new URL('../../../docs/stores/redis.md', import.meta.url), 'utf8')
    const rights = /`(\+get [^`]+)`/.exec(page)?.[1]?.split(/\s+/) ?? []
    expect(rights.length).toBeGreaterThan(10)
    await admin.acl('SETUSER', 'limited', 'on', '>word', '~mine:*', '-@all', ...rights)
    const limited = redisStore({ url: server.url.replace('//', '//limited:word@'), prefix: 'mine:' })
    const all = async () => {
      const one = record('one', { subject: 'ann' })
      await limited.create(key('a'), one)
      await limited.touch(key('a'), inADay + 90 * day, one.revision)
      await limited.update(key('a'), { ...one, expiresAt: 'keep' }, one.revision)
      await limited.update(key('a'), one, one.revision)
      await limited.move?.(key('a'), key('b'), one, one.revision)
      for await (const _ of limited.bySubject('ann'));
      for await (const found of limited.scan('')) expect(found.key).toBe('b')
      await limited.destroy(key('b'), one.revision)
      return limited.destroy(key('b'))
    }
    expect(await all()).toBe('gone')
    // And every one of them.
    for (const right of rights) {
      await admin.acl('SETUSER', 'limited', right.replace('+', '-'))
      await admin.del('mine:r:a', 'mine:r:b', 'mine:s:ann')
      // Without EVALSHA known scripts cannot be run, without EVAL unknown ones.
      await admin.script('FLUSH')
      await expect(all(), right).rejects.toThrow()
      await admin.acl('SETUSER', 'limited', right)
    }
    await limited.close()
  })

  it('close is final, leaves no connection of its own, and leaves the connection of others', async () => {
    const connections = async () =>
      String(await admin.client('LIST'))
        .trim()
        .split('\n').length
    const before = await connections()
    const mine = redisStore({ url: server.url })
    await mine.close()
    await expect(mine.read(key('a'))).rejects.toThrow('closed')
    const used = redisStore({ url: server.url })
    await used.read(key('a'))
    expect(await connections()).toBe(before + 1)
    await used.close()
    await expect.poll(connections).toBe(before)
    await expect(used.read(key('a'))).rejects.toThrow('closed')
    const over = redisStore({ client: admin })
    await over.close()
    await expect(over.read(key('a'))).rejects.toThrow('closed')
    expect(await admin.ping()).toBe('PONG')
  })
})

describe('redisStore refuses', () => {
  it.each([
    ['nothing', {}],
    ['both', { url: 'redis://localhost', client: {} }],
    ['an http url', { url: 'http://localhost' }],
    ['an empty url', { url: '' }],
    ['a host without a scheme', { url: 'localhost:6379' }],
    ['something that is no client', { client: { get: () => 1 } }],
    ['an empty prefix', { url: 'redis://localhost', prefix: '' }],
    ['a prefix that is no text', { url: 'redis://localhost', prefix: 5 }],
  ])('%s', (_, options) => {
    expect(() => redisStore(options as never)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }))
  })

  it('and takes the urls that ioredis takes', () => {
    for (const url of ['redis://localhost', 'rediss://u:p%40@host:6380/3', 'redis://[::1]:6379', '/run/redis.sock']) {
      expect(redisStore({ url }).guarantees).toEqual({
        atomicUpdate: true,
        durable: true,
        shared: true,
        revocable: true,
      })
    }
  })
})
