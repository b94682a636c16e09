import { beforeAll, describe, expect, it } from 'vitest'
import { available, day, inADay, key, type OwnRedis, ownRedis, record, revision } from './kit.js'

describe.skipIf(!available)('redisStore', () => {
  let admin: OwnRedis['admin']
  let store: OwnRedis['store']
  beforeAll(async () => {
    const own = await ownRedis()
    ;({ admin, store } = own)
    return own.stop
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
})
