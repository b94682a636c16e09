import { and, eq, gt, is, lte, ne, type SQL, sql } from 'drizzle-orm'
import { MySqlDatabase, MySqlTransaction } from 'drizzle-orm/mysql-core'
import type { MySql2PreparedQueryHKT, MySql2QueryResultHKT } from 'drizzle-orm/mysql2'
import { SessionConfigError } from '../../core/errors.js'
import type { MysqlTable } from '../mysql-table.js'
import { insideTransaction } from '../sql/refusals.js'
import { toInteger } from '../sql/values.js'

export type Database = MySqlDatabase<MySql2QueryResultHKT, MySql2PreparedQueryHKT>

/** @throws SessionConfigError when `db` was not made by Drizzle for MySQL. */
export function asDatabase(db: unknown): Database {
  if (is(db, MySqlTransaction)) throw insideTransaction('mysqlStore')
  if (is(db, MySqlDatabase)) return db as unknown as Database
  throw new SessionConfigError(
    'mysqlStore: db is not a Drizzle MySQL database. Pass what drizzle() returned for mysql2. withReplicas() cannot be used: a replica may still serve a session that has ended.',
  )
}

export const raw = sql.raw

/** Whether a write on this database is committed by itself. */
export async function autocommits(db: Database): Promise<boolean> {
  const [row] = await db
    .select({ on: sql`@@session.autocommit`.mapWith(toInteger) })
    .from(sql`(select 1) as one`)
    .$withCache(false)
  return row?.on === 1
}

export type Statements = ReturnType<typeof prepareStatements>

/**
 * Builds every statement once: building a Drizzle query costs more than the query itself. Every text goes out as bytes,
 * which the driver writes as hexadecimal digits, so that neither a character set nor a mode of the server changes it.
 */
export function prepareStatements(db: Database, t: MysqlTable) {
  const arg = <T>(name: string) => sql<T>`${sql.placeholder(name)}`
  const isId = eq(t.id, sql.placeholder('id'))
  const sameVersion = sql`${t.version} = ${sql.placeholder('expected')}`
  const isVersion = and(isId, sameVersion)
  const record = { bytes: t.bytes, version: t.version, expiresAt: t.expiresAt, subject: t.subject }
  const contents = { bytes: arg<Uint8Array>('bytes'), version: arg<string>('version'), subject: arg<string>('subject') }

  const page = (where: SQL) =>
    db
      .select({ cursor: t.id, key: t.key, ...record })
      .from(t)
      .where(and(gt(t.id, sql.placeholder('from')), where))
      .orderBy(t.id)
      .limit(sql.placeholder('limit'))
      .$withCache(false)
      .prepare()

  /**
   * Passes over rows that another collector or a request holds. The derived table comes first, so that no other row is locked
   * on the way; a plain `in (select ...)` would walk the whole table.
   */
  function collectUnlocked(now: number, limit: number) {
    const expired = db
      .select({ id: t.id })
      .from(t)
      .where(lte(t.expiresAt, now))
      .orderBy(t.expiresAt)
      .limit(limit)
      .for('update', { skipLocked: true })
    return db.execute(sql`delete ${t} from ${expired} as expired straight_join ${t} on ${t.id} = expired.id`)
  }

  // Never through the cache that a Drizzle database may have: it could serve a session that another process ended.
  return {
    read: db.select(record).from(t).where(isId).$withCache(false).prepare(),
    look: db
      .select({ fits: sql`case when ${sameVersion} then 1 else 0 end`.mapWith(toInteger) })
      .from(t)
      .where(isId)
      .$withCache(false)
      .prepare(),
    create: db
      .insert(t)
      .values({ id: arg('id'), key: arg('key'), ...contents, expiresAt: arg('expiresAt') })
      .prepare(),
    update: db
      .update(t)
      .set({ ...contents, expiresAt: sql`coalesce(${sql.placeholder('expiresAt')}, ${t.expiresAt})` })
      .where(isVersion)
      .prepare(),
    touch: db
      .update(t)
      .set({ expiresAt: arg('expiresAt') })
      .where(isVersion)
      .prepare(),
    destroy: db.delete(t).where(isId).prepare(),
    destroyVersion: db.delete(t).where(isVersion).prepare(),
    move: db
      .update(t)
      .set({ id: arg('to'), key: arg('toKey'), ...contents, expiresAt: arg('expiresAt') })
      .where(and(isVersion, ne(t.id, sql.placeholder('to'))))
      .prepare(),
    collect: db
      .delete(t)
      .where(lte(t.expiresAt, sql.placeholder('now')))
      .orderBy(t.expiresAt)
      // Drizzle takes a placeholder here, as its types say for select alone.
      .limit(sql.placeholder('limit') as unknown as number)
      .prepare(),
    collectUnlocked,
    // The prefix is compared as bytes; `like` would need its wildcards escaped.
    page: page(sql`left(${t.key}, ${sql.placeholder('length')}) = ${sql.placeholder('prefix')}`),
    subjectPage: page(sql`${t.subject} = ${sql.placeholder('subject')}`),
  }
}
