import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { MysqlStore } from '../../../src/stores/mysql.js'
import type { Revision, StoredRecord, StoreKey } from '../../../src/stores/port.js'
import type { PostgresStore } from '../../../src/stores/postgres.js'
import { createDatabase, type Database, uniqueName } from '../../services/databases.js'
import type { Service } from '../../services/service.js'

export type SqlStore = PostgresStore | MysqlStore

/** What differs between the stores that are made by the same rules. */
export interface SqlKind {
  readonly factory: 'postgresStore' | 'mysqlStore'
  readonly kind: 'postgres' | 'mariadb'
  readonly server: Service
  byUrl(url: string, table?: string, initTable?: boolean): SqlStore
  /** A store over one connection of its own, every statement of which goes through `watch`. */
  watched(url: string, table: string, watch: (statement: unknown) => void): { store: SqlStore; end(): Promise<void> }
  /** Another client, for what other programs may be doing. */
  client(url: string): Promise<{ run(statement: string): Promise<unknown>; end(): Promise<void> }>
  /** The primary key of the record under `key`, as SQL. */
  id(key: string): string
  /** The codes of a server that turns a client away. */
  readonly refusals: { readonly 'a wrong database': string; readonly 'an unknown user': string }
  /** A trigger that refuses every row and shows it in its message. */
  refuseInserts(table: string): string[]
}

export const key = (text: string) => text as StoreKey
export const revision = (text: string) => text as Revision
export const record = (text: string, more: Partial<StoredRecord> = {}): StoredRecord => ({
  bytes: new TextEncoder().encode(text),
  revision: revision(`revision-${text}`),
  expiresAt: 9e12,
  ...more,
})

/** What both stores promise beyond the laws. */
export function sqlBehaviour(kind: SqlKind): void {
  const { factory, server } = kind
  let database: Database
  beforeAll(async () => {
    database = await createDatabase(kind.kind, server.url)
  })
  afterAll(() => database?.drop())

  async function withStore(run: (store: SqlStore, table: string) => Promise<void>) {
    const table = uniqueName()
    const store = kind.byUrl(database.url, table)
    try {
      await run(store, table)
    } finally {
      await store.close()
    }
  }

  describe(`${factory} sends`, () => {
    it('one statement for each call; a second one for a miss only where said', async () => {
      await withStore(async (first, table) => {
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
      await withStore(async (store) => {
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
      await withStore(async (store) => {
        const keys = [1, 2].map((end) => key(`${randomBytes(10_000).toString('latin1')}${end}`))
        for (const [i, each] of keys.entries()) expect(await store.create(each, record(`${i}`))).toBe('ok')
        for (const [i, each] of keys.entries()) expect(await store.read(each)).toEqual(record(`${i}`))
        const met: string[] = []
        for await (const each of store.scan('')) met.push(each.key)
        expect(met.toSorted()).toEqual(keys.toSorted())
      })
    })
  })

  describe(`${factory} among many`, () => {
    it('lets one of 100 parallel takes win', async () => {
      await withStore(async (store) => {
        await store.create(key('a'), record('old'))
        const answers = await Promise.all(
          [...Array(100).keys()].map((i) => store.update(key('a'), record(`${i}`), revision('revision-old'))),
        )
        expect(answers.filter((answer) => answer === 'ok').length).toBe(1)
        expect(answers.filter((answer) => answer === 'conflict').length).toBe(99)
      })
    })

    it('deletes each expired record once when several collectors are at work', async () => {
      await withStore(async (store, table) => {
        await Promise.all(
          [...Array(500).keys()].map((i) => store.create(key(`old:${i}`), record('x', { expiresAt: i }))),
        )
        await store.create(key('alive'), record('alive'))
        const stores = [0, 1, 2, 3].map(() => kind.byUrl(database.url, table))
        const counts = await Promise.all(
          stores.map(async (collector) => {
            let sum = 0
            for (let count = -1; count !== 0; sum += count) count = await collector.collectGarbage(1000, 20)
            return sum
          }),
        )
        // A collector that found nothing unlocked may have left early.
        let rest = 0
        for (let count = -1; count !== 0; rest += count) count = await store.collectGarbage(1000, 100)
        expect(counts.reduce((sum, count) => sum + count) + rest).toBe(500)
        expect(await store.read(key('alive'))).toEqual(record('alive'))
        await Promise.all(stores.map((each) => each.close()))
      })
    })

    it('collects past a record that somebody holds, without waiting', async () => {
      await withStore(async (store, table) => {
        for (const name of ['a', 'b', 'c']) await store.create(key(name), record(name, { expiresAt: 5 }))
        const other = await kind.client(database.url)
        await other.run('begin')
        await other.run(`update ${table} set expires_at = 6 where id = ${kind.id('b')}`)
        expect(await store.collectGarbage(10, 10)).toBe(2)
        await other.run('commit')
        expect(await store.collectGarbage(5, 10)).toBe(0)
        expect(await store.collectGarbage(6, 10)).toBe(1)
        await other.end()
      })
    })

    it.each([
      ['rolls back', 'delete from TABLE', 'rollback', { update: 'ok', touch: 'ok', destroy: 'ok', move: 'ok' }],
      ['deletes it', 'delete from TABLE', 'commit', { update: 'gone', touch: 'gone', destroy: 'gone', move: 'gone' }],
      [
        'writes it',
        `update TABLE set version = 'other'`,
        'commit',
        { update: 'conflict', touch: 'stale', destroy: 'conflict', move: 'conflict' },
      ],
    ] as const)('waits for a transaction that holds its record, which %s', async (_, statement, end, answers) => {
      await withStore(async (store, table) => {
        const other = await kind.client(database.url)
        const calls = {
          update: () => store.update(key('a'), record('new'), revision('revision-old')),
          touch: () => store.touch(key('a'), 8e12, revision('revision-old')),
          destroy: () => store.destroy(key('a'), revision('revision-old')),
          move: () => store.move(key('a'), key('b'), record('new'), revision('revision-old')),
        }
        for (const [name, call] of Object.entries(calls)) {
          await store.create(key('a'), record('old'))
          await other.run('begin')
          await other.run(statement.replace('TABLE', table))
          const pending = call()
          await waiting(other, table)
          await other.run(end)
          expect([name, await pending]).toEqual([name, answers[name as keyof typeof answers]])
          await other.run(`delete from ${table}`)
        }
        await other.end()
      })
    })

    it.each([
      ['commit', 'conflict'],
      ['rollback', 'ok'],
    ])('move onto a key that another transaction is writing, then %s: %s', async (end, answer) => {
      await withStore(async (store, table) => {
        await store.create(key('from'), record('old'))
        await store.create(key('to'), record('taken'))
        const other = await kind.client(database.url)
        const copy = uniqueName()
        await other.run(`create table ${copy} as select * from ${table} where version = 'revision-taken'`)
        await store.destroy(key('to'))
        await other.run('begin')
        await other.run(`insert into ${table} select * from ${copy}`)
        const pending = store.move(key('from'), key('to'), record('new'), revision('revision-old'))
        await waiting(other, table)
        await other.run(end)
        expect(await pending).toBe(answer)
        expect(await store.read(key('from'))).toEqual(answer === 'ok' ? undefined : record('old'))
        expect(await store.read(key('to'))).toEqual(record(answer === 'ok' ? 'new' : 'taken'))
        await other.end()
      })
    })

    /** Ends when a statement on `table` waits for a lock. */
    async function waiting(other: { run(statement: string): Promise<unknown> }, table: string) {
      const question =
        factory === 'postgresStore'
          ? `select count(*)::int as n from pg_stat_activity where wait_event_type = 'Lock' and query like '%${table}%'`
          : `select count(*) as n from information_schema.innodb_trx where trx_state = 'LOCK WAIT' and trx_query like '%${table}%'`
      for (;;) {
        // Inside a transaction the view stays as it was first seen.
        if (factory === 'postgresStore') await other.run('select pg_stat_clear_snapshot()')
        const rows = (await other.run(question)) as { n: number }[]
        if (rows[0]?.n) return
        // InnoDB refreshes this view ten times a second at most.
        await new Promise((resolve) => setTimeout(resolve, 110))
      }
    }
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

  describe(`${factory} never lets a parameter out in an error`, () => {
    const secrets = ['secret-key', 'secret-bytes', 'revision-secret-bytes', 'secret-subject']
    const secret = record('secret-bytes', { subject: 'secret-subject' })
    const calls = (store: SqlStore) => [
      () => store.read(key('secret-key')),
      () => store.create(key('secret-key'), secret),
      () => store.update(key('secret-key'), secret, revision('revision-secret-bytes')),
      () => store.touch(key('secret-key'), 1, revision('revision-secret-bytes')),
      () => store.destroy(key('secret-key')),
      () => store.destroy(key('secret-key'), revision('revision-secret-bytes')),
      () => store.move(key('secret-key'), key('secret-key2'), secret, revision('revision-secret-bytes')),
      () => store.bySubject('secret-subject')[Symbol.asyncIterator]().next(),
      () => store.scan('secret-key')[Symbol.asyncIterator]().next(),
    ]
    function assertClean(error: unknown) {
      expect(error).toBeInstanceOf(Error)
      const text = `${inspect(error, { depth: 8, showHidden: true })} ${JSON.stringify(error)}`.toLowerCase()
      for (const each of secrets) {
        for (const encoding of ['utf8', 'hex', 'base64'] as const)
          expect(text).not.toContain(Buffer.from(each).toString(encoding).toLowerCase())
      }
      expect(text).not.toMatch(/<buffer|uint8array/)
    }
    const failureOf = (call: () => Promise<unknown>) =>
      call().then(
        () => 'no error',
        (error: unknown) => error,
      )

    it('when the database refuses and shows the row', async () => {
      await withStore(async (store, table) => {
        await store.read(key('a'))
        const other = await kind.client(database.url)
        for (const statement of kind.refuseInserts(table)) await other.run(statement)
        await other.end()
        const error = await failureOf(() => store.create(key('secret-key'), secret))
        assertClean(error)
        expect(error).toMatchObject({ code: 'ERR_SESSION_STORE' })
      })
    })

    it('when every call fails', async () => {
      const store = kind.byUrl(database.url, uniqueName(), false)
      for (const call of calls(store)) assertClean(await failureOf(call))
      await store.close()
    })

    it('when the driver quotes the statement it was given', async () => {
      await withStore(async (first, table) => {
        await first.read(key('a'))
        let broken = false
        const { store, end } = kind.watched(database.url, table, (statement) => {
          if (broken) throw Object.assign(new Error(inspect(statement, { depth: 8 })), { code: 'E_ECHO', statement })
        })
        await store.read(key('a'))
        broken = true
        for (const call of calls(store)) {
          const error = await failureOf(call)
          assertClean(error)
          expect(error).toMatchObject({ code: 'ERR_SESSION_STORE', message: expect.stringContaining('E_ECHO') })
        }
        broken = false
        await end()
      })
    })
  })
}
