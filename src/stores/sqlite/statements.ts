import { and, eq, exists, gte, inArray, is, lt, lte, not, sql } from 'drizzle-orm'
import { BaseSQLiteDatabase, SQLiteTransaction } from 'drizzle-orm/sqlite-core'
import { SessionConfigError } from '../../core/errors.js'
import { inBulk } from '../sql/bulk.js'
import type { Args, Outcome, Page, Statements, Write } from '../sql/dialect.js'
import { insideTransaction } from '../sql/refusals.js'
import { toText } from '../sql/values.js'
import type { SqliteTable } from '../sqlite-table.js'

/** Any Drizzle SQLite database. Synchronous drivers answer with plain values, which `await` takes just as well. */
export type Database = BaseSQLiteDatabase<'async', unknown>

/** @throws SessionConfigError when `db` was not made by Drizzle for SQLite. */
export function asDatabase(db: unknown): Database {
  if (is(db, BaseSQLiteDatabase)) return db as unknown as Database
  throw new SessionConfigError(
    'sqliteStore: db is not a Drizzle SQLite database. Pass what drizzle() returned for your driver.',
  )
}

/**
 * A check that no transaction is open, for clients that know: better-sqlite3.
 * @throws SessionConfigError for the database of a transaction: of Drizzle or libsql
 */
export function checkTransaction(db: unknown): (() => void) | undefined {
  const client = (db as { $client?: { inTransaction?: unknown; rollback?: unknown } })?.$client
  if (is(db, SQLiteTransaction) || typeof client?.rollback === 'function') throw insideTransaction('sqliteStore')
  if (typeof client?.inTransaction !== 'boolean') return undefined
  return () => {
    if (client.inTransaction === true) throw insideTransaction('sqliteStore')
  }
}

/** Builds and prepares every statement once: an unprepared Drizzle query costs more than the query itself. */
export function prepareStatements(db: Database, t: SqliteTable): Statements {
  const arg = (name: string) => sql`${sql.placeholder(name)}`
  const hit = { hit: sql<number>`1` }
  const isKey = eq(t.key, sql.placeholder('key'))
  const isRevision = and(isKey, eq(t.version, sql.placeholder('expected')))
  const record = { bytes: t.bytes, version: t.version, expiresAt: t.expiresAt, subject: t.subject }
  const contents = { bytes: arg('bytes'), version: arg('version'), subject: arg('subject') }
  const isFree = not(
    exists(
      db
        .select(hit)
        .from(t)
        .where(eq(t.key, sql.placeholder('to'))),
    ),
  )

  /** All rows of a query. Synchronous drivers throw at once. */
  function prepared<Rows>(query: Query<Rows>): (args: Args) => Promise<Rows> {
    const statement = query.prepare()
    return async (args) => statement.all(args)
  }

  /** A write whose rows say whether it hit. */
  function simple(query: Query<readonly unknown[]>, otherwise: Outcome): Write {
    const run = prepared(query)
    return async (args) => ((await run(args)).length > 0 ? 'ok' : otherwise)
  }

  const look = prepared(db.select(hit).from(t).where(isKey).$withCache(false))

  /** A write that takes a second look when it changed nothing; both answers were true at some moment. */
  function write(query: Query<readonly unknown[]>): Write {
    const run = prepared(query)
    return async (args) => {
      if ((await run(args)).length > 0) return 'ok'
      return (await look(args)).length > 0 ? 'missed' : 'gone'
    }
  }

  // As bytes, because a driver that reads text up to the first NUL would hand out the wrong key.
  const exactKey = sql<string>`cast(${t.key} as blob)`.mapWith(toText)
  function page(...bounds: Parameters<typeof and>): Page {
    const run = prepared(
      db
        .select({ key: exactKey, ...record })
        .from(t)
        .where(and(...bounds))
        .orderBy(t.key)
        .limit(sql.placeholder('limit'))
        .$withCache(false),
    )
    return async (args) => (await run(args)).map((row) => ({ ...row, cursor: row.key }))
  }
  const from = gte(t.key, sql.placeholder('from'))
  const bounded = page(from, lt(t.key, sql.placeholder('end')))
  const lastPages = page(from)

  const collect = prepared(
    db
      .delete(t)
      .where(
        inArray(
          t.key,
          db
            .select({ key: t.key })
            .from(t)
            .where(lte(t.expiresAt, sql.placeholder('now')))
            .limit(sql.placeholder('limit')),
        ),
      )
      .returning(hit),
  )

  /** SQLite tells the rows of the table alone, so those that were hit are known by their new revision. */
  const updateMany = inBulk(['key', 'expected', 'bytes', 'version', 'subject', 'expiresAt'], (size, row) => {
    const rows = Array.from({ length: size }, (_, at) => sql`(${sql.join(row(at), sql`, `)})`)
    // The columns of `values` have no names of their own.
    const changed = (column: number) => sql.raw(`changed.column${column}`)
    const query = db
      .update(t)
      .set({
        bytes: changed(3),
        version: changed(4),
        subject: changed(5),
        expiresAt: sql`coalesce(${changed(6)}, ${t.expiresAt})`,
      })
      .from(sql`(values ${sql.join(rows, sql`, `)}) as changed`)
      .where(and(eq(t.key, changed(1)), eq(t.version, changed(2))))
      .returning({ revision: t.version })
    const run = prepared<readonly { readonly revision: string }[]>(query)
    return async (args) => (await run(args)).map(({ revision }) => revision)
  })

  // Never through the cache that a Drizzle database may have: it could serve a session that another process ended.
  return {
    read: prepared(db.select(record).from(t).where(isKey).$withCache(false)),
    create: simple(
      db
        .insert(t)
        .values({ key: arg('key'), ...contents, expiresAt: arg('expiresAt') })
        .onConflictDoNothing()
        .returning(hit),
      'missed',
    ),
    update: write(
      db
        .update(t)
        .set({ ...contents, expiresAt: sql`coalesce(${sql.placeholder('expiresAt')}, ${t.expiresAt})` })
        .where(isRevision)
        .returning(hit),
    ),
    touch: write(
      db
        .update(t)
        .set({ expiresAt: arg('expiresAt') })
        .where(isRevision)
        .returning(hit),
    ),
    destroy: simple(db.delete(t).where(isKey).returning(hit), 'gone'),
    destroyRevision: write(db.delete(t).where(isRevision).returning(hit)),
    move: write(
      db
        .update(t)
        .set({ key: arg('to'), ...contents, expiresAt: arg('expiresAt') })
        .where(and(isRevision, isFree))
        .returning(hit),
    ),
    updateMany,
    collect: async (args) => (await collect(args)).length,
    // No text is above all keys with the last prefixes.
    page: (args) => ('end' in args ? bounded(args) : lastPages(args)),
    subjectPage: page(eq(t.subject, sql.placeholder('subject')), from),
  }
}

/** A query of Drizzle, as far as it is needed here. */
interface Query<Rows> {
  prepare(): { all(args: Record<string, unknown>): Promise<Rows> }
}
