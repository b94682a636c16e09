import { beforeAll, describe, expect, it } from 'vitest'
import { redisStore } from '../../../src/stores/redis.js'
import { startRedis } from '../../services/redis.mjs'
import { available, day, inADay, key, type OwnRedis, ownRedis, record, revision } from './kit.js'

describe.skipIf(!available)('redisStore', () => {
  let server: OwnRedis['server']
  let admin: OwnRedis['admin']
  let store: OwnRedis['store']
  beforeAll(async () => {
    const own = await ownRedis()
    ;({ server, admin, store } = own)
    return own.stop
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
    }, 300_000)

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
    }, 300_000)
  })
})
