import { readFile } from 'node:fs/promises'
import { inspect } from 'node:util'
import { Cluster, Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { StoreError } from '../../../src/core/errors.js'
import type { Revision, StoredRecord, StoreKey } from '../../../src/stores/port.js'
import { type RedisStore, redisStore } from '../../../src/stores/redis.js'
import type { Server } from '../../services/process.mjs'
import { askRedis, startRedis } from '../../services/redis.mjs'
import { type RedisCluster, startRedisCluster } from '../../services/redis-cluster.mjs'
import { service } from '../../services/service.js'

const available = service('redis').startable
const key = (text: string) => text as StoreKey
const revision = (text: string) => text as Revision
const day = 86_400_000
const inADay = Date.now() + day
const record = (text: string, more: Partial<StoredRecord> = {}): StoredRecord => ({
  bytes: Buffer.from(text),
  revision: revision(`revision-${text}`),
  expiresAt: inADay,
  ...more,
})

describe.skipIf(!available)('redisStore', () => {
  let server: Server
  let admin: Redis
  let store: RedisStore
  beforeAll(async () => {
    server = await startRedis({ durable: false })
    admin = new Redis(server.url)
    store = redisStore({ url: server.url })
  })
  afterAll(async () => {
    await store?.close()
    admin?.disconnect()
    await server?.stop()
  })

  /** The commands that reach the server while `run` runs, without those that scripts give. */
  async function commandsOf(run: () => Promise<unknown>): Promise<string[]> {
    const monitor = await admin.monitor()
    const seen: string[] = []
    const ended = new Promise<void>((resolve) => {
      monitor.on('monitor', (_time: string, [name = '', first]: string[], source: string) => {
        if (name === 'echo' && first === 'end') resolve()
        else if (source !== 'lua') seen.push(name.toLowerCase())
      })
    })
    await run()
    await admin.echo('end')
    await ended
    monitor.disconnect()
    return seen
  }

  describe('one round trip for each call', () => {
    it('whatever the answer', async () => {
      const bare = record('bare')
      const owned = record('owned', { subject: 'ann' })
      const later = { ...record('later', { subject: 'ann' }), expiresAt: 'keep' as const }
      const calls: [string, () => Promise<unknown>, unknown][] = [
        ['evalsha', () => store.create(key('a'), bare), 'ok'],
        ['evalsha', () => store.create(key('a'), bare), 'exists'],
        ['evalsha', () => store.create(key('b'), owned), 'ok'],
        ['get', () => store.read(key('none')), undefined],
        ['evalsha', () => store.touch(key('a'), inADay + 9 * day, bare.revision), 'ok'],
        ['evalsha', () => store.touch(key('b'), inADay + day, owned.revision), 'ok'],
        ['evalsha', () => store.touch(key('b'), inADay, revision('no')), 'stale'],
        ['evalsha', () => store.touch(key('none'), inADay, revision('no')), 'gone'],
        ['evalsha', () => store.update(key('a'), record('two', { subject: 'bob' }), bare.revision), 'ok'],
        ['evalsha', () => store.update(key('a'), record('two'), revision('no')), 'conflict'],
        ['evalsha', () => store.update(key('none'), record('two'), revision('no')), 'gone'],
        ['evalsha', () => store.update(key('b'), later, owned.revision), 'ok'],
        ['evalsha', () => store.move?.(key('b'), key('c'), owned, later.revision) ?? Promise.reject(), 'ok'],
        ['evalsha', () => store.move?.(key('b'), key('d'), owned, later.revision) ?? Promise.reject(), 'gone'],
        ['evalsha', () => store.destroy(key('c'), revision('no')), 'conflict'],
        ['evalsha', () => store.destroy(key('c'), owned.revision), 'ok'],
        ['del', () => store.destroy(key('a')), 'ok'],
        ['del', () => store.destroy(key('a')), 'gone'],
      ]
      // So that every script is known.
      const warm = record('warm', { subject: 'w' })
      await store.create(key('w'), warm)
      await store.touch(key('w'), inADay, warm.revision)
      await store.update(key('w'), warm, warm.revision)
      await store.move?.(key('w'), key('x'), warm, warm.revision)
      await store.destroy(key('x'), warm.revision)
      for (const [command, run, answer] of calls) {
        let given: unknown
        const seen = await commandsOf(async () => (given = await run()))
        expect([given, seen], String(run)).toEqual([answer, [command]])
      }
    })

    it('and a read is one GET', async () => {
      await store.create(key('read'), record('read'))
      expect(await commandsOf(() => store.read(key('read')))).toEqual(['get'])
    })

    it('a server that forgot the scripts costs one more, once', async () => {
      const one = record('one')
      await store.create(key('flushed'), one)
      await admin.script('FLUSH')
      const two = record('two')
      expect(await commandsOf(() => store.update(key('flushed'), two, one.revision))).toEqual(['evalsha', 'eval'])
      expect(await commandsOf(() => store.update(key('flushed'), record('three'), two.revision))).toEqual(['evalsha'])
      expect((await store.read(key('flushed')))?.revision).toBe('revision-three')
    })

    it('a touch of more than a day past what the index knows tells the index first', async () => {
      const owned = record('far', { subject: 'far' })
      await store.create(key('far'), owned)
      await store.touch(key('far'), inADay + 1, owned.revision)
      const seen = await commandsOf(async () => {
        expect(await store.touch(key('far'), inADay + 30 * day, owned.revision)).toBe('ok')
      })
      expect(seen.filter((name) => name === 'evalsha')).toHaveLength(3)
      expect(await commandsOf(() => store.touch(key('far'), inADay + 31 * day, owned.revision))).toEqual(['evalsha'])
    })
  })

  describe('expiry by Redis itself', () => {
    it('comes ten minutes after the deadline, and follows touch and update', async () => {
      const margin = 600_000
      const left = async () => (await admin.pttl('zession:r:ttl')) - (inADay - Date.now()) - margin
      const near = (difference: number) => (wanted: number) => Math.abs(difference - wanted) < 5000
      const one = record('one')
      await store.create(key('ttl'), one)
      expect(await left()).toSatisfy(near(0))
      await store.touch(key('ttl'), inADay + day, one.revision)
      expect(await left()).toSatisfy(near(day))
      await store.update(key('ttl'), { ...record('two'), expiresAt: 'keep' }, one.revision)
      expect(await left()).toSatisfy(near(day))
      await store.update(key('ttl'), record('three'), revision('revision-two'))
      expect(await left()).toSatisfy(near(0))
      await store.move?.(
        key('ttl'),
        key('ttl2'),
        record('four', { expiresAt: inADay + 1000 }),
        revision('revision-three'),
      )
      expect(await admin.pttl('zession:r:ttl2')).toBeGreaterThan(inADay - Date.now() + margin)
    })

    it('leaves a record that is just past its deadline, and removes it in the end', async () => {
      const ending = record('ending', { expiresAt: Date.now() - 600_000 + 400 })
      await store.create(key('ending'), ending)
      expect((await store.read(key('ending')))?.expiresAt).toBe(ending.expiresAt)
      await expect.poll(() => store.read(key('ending')), { timeout: 60_000 }).toBeUndefined()
      expect(await admin.exists('zession:r:ending')).toBe(0)
    })

    it('takes deadlines long past and far ahead', async () => {
      for (const expiresAt of [-1e15, -1, 0, 1, 1000.5]) {
        expect(await store.create(key('past'), record('past', { expiresAt, subject: 'past' }))).toBe('ok')
        expect(await store.read(key('past'))).toBeUndefined()
      }
      for (const expiresAt of [8.64e15, Number.MAX_SAFE_INTEGER, Number.MAX_VALUE, Number.POSITIVE_INFINITY]) {
        const far = record('far', { expiresAt, subject: 'n' })
        expect(await store.create(key('ahead'), far)).toBe('ok')
        expect((await store.read(key('ahead')))?.expiresAt).toBe(expiresAt)
        expect(await store.touch(key('ahead'), 8e15 + 1, far.revision)).toBe('ok')
        expect(await store.update(key('ahead'), { ...far, revision: revision('b') }, far.revision)).toBe('ok')
        expect((await store.read(key('ahead')))?.expiresAt).toBe(expiresAt)
        expect(await admin.pttl('zession:r:ahead')).toBeGreaterThan(1e15)
        await store.destroy(key('ahead'))
      }
    })

    it('a touch into the past leaves nothing behind', async () => {
      const one = record('one')
      await store.create(key('back'), one)
      expect(await store.touch(key('back'), 1, one.revision)).toBe('ok')
      expect(await admin.exists('zession:r:back')).toBe(0)
    })
  })

  describe('the index of a subject', () => {
    const index = 'zession:s:sue'
    const met = async (subject = 'sue') => {
      const keys: string[] = []
      for await (const found of store.bySubject(subject)) keys.push(found.key)
      return keys.toSorted()
    }
    const outlives = async (name: string) =>
      expect(await admin.pttl(index)).toBeGreaterThanOrEqual(await admin.pttl(`zession:r:${name}`))

    it('lives longer than its longest record, whichever call set its deadline', async () => {
      const one = record('one', { subject: 'sue' })
      await store.create(key('s1'), { ...one, expiresAt: inADay + 50 * day })
      await store.create(key('s2'), one)
      await outlives('s1')
      await store.touch(key('s2'), inADay + 90 * day, one.revision)
      await outlives('s2')
      await store.update(key('s2'), record('two', { subject: 'sue', expiresAt: inADay + 130 * day }), one.revision)
      await outlives('s2')
      await store.create(key('s3'), record('x', { expiresAt: inADay + 200 * day }))
      await store.update(key('s3'), { ...record('y', { subject: 'sue' }), expiresAt: 'keep' }, revision('revision-x'))
      await outlives('s3')
      await store.move?.(
        key('s2'),
        key('s4'),
        record('z', { subject: 'sue', expiresAt: inADay + 300 * day }),
        revision('revision-two'),
      )
      await outlives('s4')
      expect(await met()).toEqual(['s1', 's3', 's4'])
    })

    it('forgets ended records when it is listed', async () => {
      await store.destroy(key('s1'))
      expect(await admin.zrange(index, '0', '-1')).toContain('s1')
      expect(await met()).toEqual(['s3', 's4'])
      expect((await admin.zrange(index, '0', '-1')).toSorted()).toEqual(['s3', 's4'])
      for (const name of ['s3', 's4']) await store.destroy(key(name))
      expect(await met()).toEqual([])
      expect(await admin.exists(index)).toBe(0)
    })

    it('forgets by age what nobody lists', async () => {
      await admin.zadd(index, Date.now() - 700_000, 'old', Date.now() - 100_000, 'recent')
      await store.create(key('new'), record('new', { subject: 'sue' }))
      expect((await admin.zrange(index, '0', '-1')).toSorted()).toEqual(['new', 'recent'])
    })

    it('never meets a record of another store, nor one whose key looks like an index', async () => {
      const odd = redisStore({ url: server.url, prefix: 'odd:' })
      await odd.create(key('s:odd'), record('a', { subject: 'r:s:odd' }))
      await odd.create(key('odd:s:odd'), record('b', { subject: 'odd' }))
      const keys: string[] = []
      for await (const found of odd.scan('')) keys.push(found.key)
      expect(keys.toSorted()).toEqual(['odd:s:odd', 's:odd'])
      expect(await met('odd')).toEqual([])
      await odd.close()
    })

    it('loses no record that is created again and again while others list it', async () => {
      let [done, rounds] = [false, 0]
      const lists = Array.from({ length: 4 }, async () => {
        while (!done) {
          await met('flip')
          rounds++
        }
      })
      for (let i = 0; i < 300; i++) {
        await store.create(key('flip'), record(`${i}`, { subject: 'flip' }))
        expect(await met('flip')).toEqual(['flip'])
        await store.destroy(key('flip'))
      }
      done = true
      await Promise.all(lists)
      expect(rounds).toBeGreaterThan(100)
    })
  })

  describe('scan', () => {
    it('meets every stable record once while the table of the server shrinks', async () => {
      const many = redisStore({ client: admin, prefix: 'many:' })
      const name = (i: number) => key(`m${i}`)
      const all = [...Array(20_000).keys()]
      await Promise.all(all.map((i) => many.create(name(i), record('m'))))
      const seen: string[] = []
      for await (const found of many.scan('m')) {
        // Most of them go, after which Redis moves to a smaller table.
        if (seen.push(found.key) === 600) await Promise.all(all.filter((i) => i % 20).map((i) => many.destroy(name(i))))
      }
      expect(new Set(seen).size).toBe(seen.length)
      expect(all.filter((i) => i % 20 === 0 && !seen.includes(name(i)))).toEqual([])
    }, 120_000)

    it('fails aloud when the server was replaced meanwhile', async () => {
      const other = await startRedis()
      const moved = redisStore({ url: other.url })
      try {
        for (let i = 0; i < 100; i++) await moved.create(key(`m${i}`), record('m'))
        const walk = (async () => {
          let first = true
          for await (const _ of moved.scan('')) {
            if (first) {
              await other.kill()
              await other.restart()
              await expect.poll(() => moved.read(key('m1')).catch(() => undefined), { timeout: 60_000 }).toBeTruthy()
            }
            first = false
          }
        })()
        await expect(walk).rejects.toThrow(/replaced.*Run the scan again/)
      } finally {
        await moved.close()
        await other.stop()
      }
    }, 120_000)
  })

  describe('what a failure shows', () => {
    const secrets = ['the-key', 'the-revision', 'the-new-revision', 'the-bytes', 'the-subject']
    const change = record('', {
      bytes: Buffer.from('the-bytes'),
      revision: revision('the-new-revision'),
      subject: 'the-subject',
    })
    const attempts: Record<string, (over: RedisStore) => Promise<unknown>> = {
      read: (over) => over.read(key('the-key')),
      create: (over) => over.create(key('the-key'), change),
      update: (over) => over.update(key('the-key'), change, revision('the-revision')),
      touch: (over) => over.touch(key('the-key'), inADay, revision('the-revision')),
      destroy: (over) => over.destroy(key('the-key'), revision('the-revision')),
      move: (over) => over.move?.(key('the-key'), key('other'), change, revision('the-revision')) ?? Promise.reject(),
    }
    const failure = async (call: () => Promise<unknown>) => {
      const error: unknown = await call().then(
        () => expect.unreachable('the call fails'),
        (reason: unknown) => reason,
      )
      const shown = inspect(error, { depth: 8, showHidden: true })
      for (const secret of secrets) {
        expect(shown).not.toContain(secret)
        expect(shown).not.toContain(
          Buffer.from(secret)
            .toString('hex')
            .replaceAll(/(..)(?=.)/g, '$1 '),
        )
      }
      return error as StoreError
    }

    it.each(Object.entries(attempts))(
      '%s over a value of another kind says WRONGTYPE, and no more',
      async (_, call) => {
        const wrong = redisStore({ client: admin, prefix: 'wrong:' })
        await admin.del('wrong:r:the-key')
        await admin.lpush('wrong:r:the-key', 'x')
        const error = await failure(() => call(wrong))
        expect(error).toBeInstanceOf(StoreError)
        expect(error.message).toMatch(/WRONGTYPE|The Redis server failed/)
      },
    )

    const refusals: [word: string, ...settings: [name: string, value: string][]][] = [
      ['OOM', ['maxmemory', '1']],
      ['NOREPLICAS', ['min-replicas-to-write', '1']],
    ]
    it.each(refusals)(
      'a server that refuses a write within a script says %s, and where it is',
      async (word, ...set) => {
        for (const [name, value] of set) await admin.config('SET', name, value)
        try {
          const { message } = await failure(() => store.create(key('the-key'), change))
          expect(message).toContain(`127.0.0.1:${new URL(server.url).port} answered ${word}. It `)
        } finally {
          for (const [name] of set) await admin.config('SET', name, '0')
        }
      },
    )

    it.each(['READONLY', 'MASTERDOWN'])(
      'a replica says %s, and the next call goes over a new connection',
      async (word) => {
        await admin.del('zession:r:the-key')
        const own = redisStore({ url: server.url })
        const ids = async () => String(await askRedis(server.url, 'client', 'list')).match(/^id=\d+(?!.* cmd=client)/gm)
        await own.read(key('a'))
        const before = await ids()
        await admin.config('SET', 'replica-serve-stale-data', word === 'MASTERDOWN' ? 'no' : 'yes')
        await admin.replicaof('127.0.0.1', '1')
        try {
          expect((await failure(() => own.create(key('the-key'), change))).message).toContain(`answered ${word}. It is`)
        } finally {
          await admin.replicaof('NO', 'ONE')
          await admin.config('SET', 'replica-serve-stale-data', 'yes')
        }
        await expect.poll(() => own.create(key('the-key'), change).catch(() => 'failed')).toBe('ok')
        expect(await ids()).not.toEqual(before)
        await own.destroy(key('the-key'))
        await own.close()
      },
    )

    it('a user without the rights for a command within a script is told NOPERM', async () => {
      await admin.del('zession:r:the-key')
      await admin.acl('SETUSER', 'reader', 'on', '>word', '~*', '+@all', '-set')
      const own = redisStore({ url: server.url.replace('//', '//reader:word@') })
      expect((await failure(() => own.create(key('the-key'), change))).message).toContain('answered NOPERM. This user')
      await own.close()
    })

    it('a value that is no record is a StoreError', async () => {
      for (const foreign of ['', 'the-bytes', '\u0001', `\u0001${'\u00ff'.repeat(60)}`]) {
        await admin.set('zession:r:foreign', Buffer.from(foreign, 'latin1'))
        expect((await failure(() => store.read(key('foreign')))).message).toContain('did not write')
      }
      await admin.del('zession:r:foreign')
    })

    it.each(Object.entries(attempts))(
      '%s on a server that is not there fails at once and says why',
      async (_, call) => {
        const nowhere = redisStore({ url: 'redis://the-user:the-password@127.0.0.1:9' })
        const error = await failure(() => call(nowhere))
        expect(error.code).toBe('ERR_SESSION_STORE')
        expect(error.message).toMatch(/at 127\.0\.0\.1:9 cannot be reached.*\(ECONNREFUSED\)/)
        await nowhere.close()
      },
    )

    it('a refused password is not shown', async () => {
      await admin.config('SET', 'requirepass', 'right')
      const locked = redisStore({ url: server.url.replace('redis://', 'redis://:the-wrong-one@') })
      try {
        const error = await failure(() => locked.read(key('the-key')))
        expect(error.message).toMatch(/127\.0\.0\.1:\d+ .*WRONGPASS/)
        expect(inspect(error, { depth: 8, showHidden: true })).not.toContain('the-wrong-one')
      } finally {
        await admin.config('SET', 'requirepass', '')
        await locked.close()
      }
    })
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

describe.skipIf(!available)('redisStore on a Redis Cluster', () => {
  let cluster: RedisCluster
  let client: Cluster
  let store: RedisStore
  beforeAll(async () => {
    cluster = await startRedisCluster()
    client = new Cluster([cluster.url])
    store = redisStore({ client })
  })
  afterAll(async () => {
    client?.disconnect()
    await cluster?.stop()
  })

  const scriptsOf = async (run: () => Promise<unknown>) => {
    const urls = cluster.nodes.map(({ port }) => `redis://127.0.0.1:${port}`)
    for (const url of urls) await askRedis(url, 'config', 'resetstat')
    await run()
    let calls = 0
    for (const url of urls) {
      const stats = String(await askRedis(url, 'info', 'commandstats'))
      for (const [, count] of stats.matchAll(/^cmdstat_eval(?:sha)?:calls=(\d+)/gm)) calls += Number(count)
    }
    return calls
  }

  it('a url that leads to a node of a cluster is an error that names Cluster', async () => {
    const node = redisStore({ url: cluster.url })
    const reads = Array.from({ length: 20 }, (_, i) => node.read(key(`k${i}`)))
    const failed = (await Promise.allSettled(reads)).filter(({ status }) => status === 'rejected')
    expect(failed.length).toBeGreaterThan(0)
    for (const each of failed)
      expect(each).toMatchObject({ reason: { message: expect.stringContaining('new Cluster()') } })
    await node.close()
  })

  it('has no power to move', () => {
    expect('move' in store).toBe(false)
    expect('move' in redisStore({ url: 'redis://localhost' })).toBe(true)
  })

  it('enters the index first, and takes one round trip where the subject stays', async () => {
    // Ten times, so that each node knows each script.
    for (let i = 0; i < 40; i++) {
      const warm = record('warm', { subject: `w${i}` })
      await store.create(key(`w${i}`), warm)
      await store.update(key(`w${i}`), warm, warm.revision)
      await store.touch(key(`w${i}`), inADay, warm.revision)
    }
    const one = record('one', { subject: 'ann' })
    expect(await scriptsOf(() => store.create(key('bare'), record('x')))).toBe(1)
    expect(await scriptsOf(() => store.create(key('a'), one))).toBe(2)
    expect(await scriptsOf(() => store.update(key('a'), record('two', { subject: 'ann' }), one.revision))).toBe(1)
    expect(await scriptsOf(() => store.touch(key('a'), inADay + day / 2, revision('revision-two')))).toBe(1)
    const three = record('three', { subject: 'bob' })
    expect(await scriptsOf(() => store.update(key('a'), three, revision('revision-two')))).toBe(3)
    expect(await scriptsOf(() => store.update(key('a'), record('four'), three.revision))).toBe(1)
  })

  it('never takes a member out of an index for its record being absent', async () => {
    let done = false
    const met = async () => {
      const keys: string[] = []
      for await (const found of store.bySubject('flip')) keys.push(found.key)
      return keys
    }
    const lists = Array.from({ length: 4 }, async () => {
      while (!done) await met()
    })
    for (let i = 0; i < 200; i++) {
      await store.create(key('flip'), record(`${i}`, { subject: 'flip' }))
      expect(await met()).toEqual(['flip'])
      await store.destroy(key('flip'))
    }
    done = true
    await Promise.all(lists)
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
