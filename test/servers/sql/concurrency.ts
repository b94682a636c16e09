import { describe, expect, it } from 'vitest'
import { uniqueName } from '../../services/databases.js'
import { key, record, revision, type SqlKind, withStore } from './kind.js'

/** What both stores do beside other clients: takes, collectors, and transactions that hold their records. */
export function sqlConcurrency(kind: SqlKind, database: { readonly url: string }): void {
  const { factory } = kind

  describe(`${factory} among many`, () => {
    it('lets one of 100 parallel takes win', async () => {
      await withStore(kind, database, async (store) => {
        await store.create(key('a'), record('old'))
        const answers = await Promise.all(
          [...Array(100).keys()].map((i) => store.update(key('a'), record(`${i}`), revision('revision-old'))),
        )
        expect(answers.filter((answer) => answer === 'ok').length).toBe(1)
        expect(answers.filter((answer) => answer === 'conflict').length).toBe(99)
      })
    })

    it('deletes each expired record once when several collectors are at work', async () => {
      await withStore(kind, database, async (store, table) => {
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
      await withStore(kind, database, async (store, table) => {
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
      await withStore(kind, database, async (store, table) => {
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
      await withStore(kind, database, async (store, table) => {
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
}
