import { inspect } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { StoreError } from '../../../src/core/errors.js'
import { type RedisStore, redisStore } from '../../../src/stores/redis.js'
import { askRedis } from '../../services/redis.mjs'
import { available, inADay, key, type OwnRedis, ownRedis, record, revision } from './kit.js'

describe.skipIf(!available)('redisStore', () => {
  let server: OwnRedis['server']
  let admin: OwnRedis['admin']
  let store: OwnRedis['store']
  beforeAll(async () => {
    const own = await ownRedis()
    ;({ server, admin, store } = own)
    return own.stop
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
})
