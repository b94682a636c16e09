import { and, eq, exists, gte, inArray, is, lt, lte, not, sql } from 'drizzle-orm'
import { BaseSQLiteDatabase, SQLiteTransaction } from 'drizzle-orm/sqlite-core'
import { SessionConfigError } from '../../core/errors.js'
import { insideTransaction } from '../sql/refusals.js'
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

export const raw = sql.raw

export type Statements = ReturnType<typeof prepareStatements>

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
export function prepareStatements(db: Database, t: SqliteTable) {
  const arg = (name: string) => sql`${sql.placeholder(name)}`
  const hit = { hit: sql<number>`1` }
  const isKey = eq(t.key, sql.placeholder('key'))
  const isVersion = and(isKey, eq(t.version, sql.placeholder('expected')))
  const record = { bytes: t.bytes, version: t.version, expiresAt: t.expiresAt, subject: t.subject }
  const contents = { bytes: arg('bytes'), version: arg('version'), subject: arg('subject') }
  // As bytes, because a driver that reads text up to the first NUL would hand out the wrong key.
  const exactKey = sql<Uint8Array>`cast(${t.key} as blob)`.mapWith(t.bytes)
  const page = (...bounds: Parameters<typeof and>) =>
    db
      .select({ key: exactKey, ...record })
      .from(t)
      .where(and(...bounds))
      .orderBy(t.key)
      .limit(sql.placeholder('limit'))
      .$withCache(false)
      .prepare()
  const from = gte(t.key, sql.placeholder('from'))

  // Never through the cache that a Drizzle database may have: it could serve a session that another process ended.
  return {
    read: db.select(record).from(t).where(isKey).$withCache(false).prepare(),
    exists: db.select(hit).from(t).where(isKey).$withCache(false).prepare(),
    create: db
      .insert(t)
      .values({ key: arg('key'), ...contents, expiresAt: arg('expiresAt') })
      .onConflictDoNothing()
      .returning(hit)
      .prepare(),
    update: db
      .update(t)
      .set({ ...contents, expiresAt: sql`coalesce(${sql.placeholder('expiresAt')}, ${t.expiresAt})` })
      .where(isVersion)
      .returning(hit)
      .prepare(),
    touch: db
      .update(t)
      .set({ expiresAt: arg('expiresAt') })
      .where(isVersion)
      .returning(hit)
      .prepare(),
    destroy: db.delete(t).where(isKey).returning(hit).prepare(),
    destroyVersion: db.delete(t).where(isVersion).returning(hit).prepare(),
    move: db
      .update(t)
      .set({ key: arg('to'), ...contents, expiresAt: arg('expiresAt') })
      .where(
        and(
          isVersion,
          not(
            exists(
              db
                .select(hit)
                .from(t)
                .where(eq(t.key, sql.placeholder('to'))),
            ),
          ),
        ),
      )
      .returning(hit)
      .prepare(),
    collect: db
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
      .returning(hit)
      .prepare(),
    page: page(from, lt(t.key, sql.placeholder('end'))),
    lastPages: page(from),
    subjectPage: page(eq(t.subject, sql.placeholder('subject')), from),
  }
}
