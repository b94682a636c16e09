import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { uniqueName } from '../../services/databases.js'
import { sqlConcurrency } from './concurrency.js'
import { sqlErrors } from './errors.js'
import { key, ownDatabase, record, revision, type SqlKind, withStore } from './kind.js'

/** What both stores promise beyond the laws. */
export function sqlBehaviour(kind: SqlKind): void {
  const { factory } = kind
  const database = ownDatabase(kind)
  sqlConcurrency(kind, database)
  sqlErrors(kind, database)

  describe(`${factory} sends`, () => {
    it('one statement for each call; a second one for a miss only where said', async () => {
      await withStore(kind, database, async (first, table) => {
        await first.read(key('none'))
        const statements: unknown[] = []
        const { store, end } = kind.watched(database.url, table, (statement) => statements.push(statement))
        await store.read(key('none'))
        const counted = async (call: () => Promise<unknown>) => {
          const before = statements.length
          const answer = await call()
          return [answer, statements.length - before]
        }
        const misses = factory === 'postgresStore' ? 1 : 2
        const old = record('old')
        expect(await counted(() => store.create(key('a'), old))).toEqual(['ok', 1])
        expect(await counted(() => store.create(key('a'), old))).toEqual(['exists', 1])
        expect(await counted(() => store.read(key('a')))).toEqual([old, 1])
        expect(await counted(() => store.read(key('none')))).toEqual([undefined, 1])
        expect(await counted(() => store.touch(key('a'), 8e12, old.revision))).toEqual(['ok', 1])
        expect(await counted(() => store.touch(key('a'), 8e12, revision('x')))).toEqual(['stale', misses])
        expect(await counted(() => store.update(key('a'), record('new'), old.revision))).toEqual(['ok', 1])
        expect(await counted(() => store.update(key('a'), record('new'), old.revision))).toEqual(['conflict', misses])
        expect(await counted(() => store.update(key('none'), record('new'), old.revision))).toEqual(['gone', misses])
        const fresh = revision('revision-new')
        expect(await counted(() => store.move(key('a'), key('b'), record('moved'), fresh))).toEqual(['ok', 1])
        expect(await counted(() => store.move(key('a'), key('b'), record('moved'), fresh))).toEqual(['gone', misses])
        expect(await counted(() => store.destroy(key('b'), revision('x')))).toEqual(['conflict', misses])
        expect(await counted(() => store.destroy(key('b'), revision('revision-moved')))).toEqual(['ok', 1])
        expect(await counted(() => store.destroy(key('b')))).toEqual(['gone', 1])
        await store.create(key('c'), record('c', { expiresAt: 1 }))
        expect(await counted(() => store.destroy(key('c')))).toEqual(['ok', 1])
        await store.create(key('d'), record('d', { expiresAt: 1 }))
        expect(await counted(() => store.collectGarbage(1, 10))).toEqual([1, 1])
        await end()
      })
    })
  })

  describe(`${factory} keeps`, () => {
    it('a record of 2 MiB, handed out in an array of its own', async () => {
      await withStore(kind, database, async (store) => {
        const large = record('', { bytes: new Uint8Array(randomBytes(2 * 1024 * 1024)), subject: 'ann' })
        expect(await store.create(key('large'), large)).toBe('ok')
        const read = await store.read(key('large'))
        expect(read?.bytes.constructor).toBe(Uint8Array)
        expect(read?.bytes.buffer.byteLength).toBe(large.bytes.length)
        expect(Buffer.compare(read?.bytes ?? new Uint8Array(), large.bytes)).toBe(0)
        for await (const met of store.bySubject('ann')) {
          expect(met.record.bytes.constructor).toBe(Uint8Array)
          expect(met.record.bytes.buffer.byteLength).toBe(large.bytes.length)
        }
      })
    })

    it('keys of 10 kB that no index could hold, compressed or not', async () => {
      await withStore(kind, database, async (store) => {
        const keys = [1, 2].map((end) => key(`${randomBytes(10_000).toString('latin1')}${end}`))
        for (const [i, each] of keys.entries()) expect(await store.create(each, record(`${i}`))).toBe('ok')
        for (const [i, each] of keys.entries()) expect(await store.read(each)).toEqual(record(`${i}`))
        const met: string[] = []
        for await (const each of store.scan('')) met.push(each.key)
        expect(met.toSorted()).toEqual(keys.toSorted())
      })
    })
  })

  describe(`${factory} and its table`, () => {
    it.each(['', '1a', 'a b', 'a"b', 'a`b', "a'; drop table x", 'a.b.c', 'x'.repeat(49), 'ä'])(
      'refuses the name %j',
      (table) => {
        expect(() => kind.byUrl(database.url, table)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }))
      },
    )

    it('takes a name of 48 characters, and one that is a reserved word', async () => {
      for (const table of ['x'.repeat(48), 'order', 'Sessions']) {
        const store = kind.byUrl(database.url, table)
        expect(await store.create(key('a'), record(table))).toBe('ok')
        expect(await store.read(key('a'))).toEqual(record(table))
        await store.close()
      }
    })

    it('says clearly that the table is missing, and works once it is there', async () => {
      const table = uniqueName()
      const store = kind.byUrl(database.url, table, false)
      const told = {
        code: 'ERR_SESSION_STORE',
        message: expect.stringMatching(`table ${table} does not exist.*initTable`),
      }
      await expect(store.read(key('secret'))).rejects.toMatchObject(told)
      await expect(store.create(key('secret'), record('x'))).rejects.toMatchObject(told)
      const other = kind.byUrl(database.url, table)
      await other.create(key('a'), record('a'))
      expect(await store.read(key('a'))).toEqual(record('a'))
      await Promise.all([store.close(), other.close()])
    })

    it('is created once by 20 stores that start together', async () => {
      const table = uniqueName()
      const stores = [...Array(20).keys()].map(() => kind.byUrl(database.url, table))
      const answers = await Promise.all(stores.map((store) => store.create(key('a'), record('a'))))
      expect(answers.filter((answer) => answer === 'ok').length).toBe(1)
      await Promise.all(stores.map((store) => store.close()))
    })

    it('closes for good', async () => {
      const store = kind.byUrl(database.url, uniqueName())
      await store.read(key('a'))
      await store.close()
      await store.close()
      await expect(store.read(key('a'))).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
    })
  })
}
