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
})
