import { and, eq, gt, is, lte, ne, type SQL, sql } from 'drizzle-orm'
import { MySqlDatabase, MySqlTransaction } from 'drizzle-orm/mysql-core'
import type { MySql2PreparedQueryHKT, MySql2QueryResultHKT } from 'drizzle-orm/mysql2'
import { SessionConfigError } from '../../core/errors.js'
import type { MysqlTable } from '../mysql-table.js'
import type { Args, Outcome, Page, Statements, Write } from '../sql/dialect.js'
import { driverCodeOf } from '../sql/failure.js'
import { insideTransaction } from '../sql/refusals.js'
import { toInteger } from '../sql/values.js'
import { codes } from './failure.js'
import type { Changed, Server } from './server.js'

export type Database = MySqlDatabase<MySql2QueryResultHKT, MySql2PreparedQueryHKT>

/** @throws SessionConfigError when `db` was not made by Drizzle for MySQL. */
export function asDatabase(db: unknown): Database {
  if (is(db, MySqlTransaction)) throw insideTransaction('mysqlStore')
  if (is(db, MySqlDatabase)) return db as unknown as Database
  throw new SessionConfigError(
    'mysqlStore: db is not a Drizzle MySQL database. Pass what drizzle() returned for mysql2. withReplicas() cannot be used: a replica may still serve a session that has ended.',
  )
}

/** Whether a write on this database is committed by itself. */
export async function autocommits(db: Database): Promise<boolean> {
  const [row] = await db
    .select({ on: sql`@@session.autocommit`.mapWith(toInteger) })
    .from(sql`(select 1) as one`)
    .$withCache(false)
  return row?.on === 1
}

/** MySQL's statements, with the one that the store itself needs. */
export interface MysqlStatements extends Statements {
  /** No row, or whether it has the revision `expected`. */
  look(args: Args): Promise<readonly { readonly fits: number }[]>
}

/**
 * Builds every statement once: building a Drizzle query costs more than the query itself. Every text goes out as bytes,
 * which the driver writes as hexadecimal digits, so that neither a character set nor a mode of the server changes it.
 */
export function prepareStatements(db: Database, t: MysqlTable, server: Server): MysqlStatements {
  const arg = <T>(name: string) => sql<T>`${sql.placeholder(name)}`
  const isId = eq(t.id, sql.placeholder('id'))
  const sameRevision = sql`${t.version} = ${sql.placeholder('expected')}`
  const isRevision = and(isId, sameRevision)
  const record = { bytes: t.bytes, version: t.version, expiresAt: t.expiresAt, subject: t.subject }
  const contents = { bytes: arg<Uint8Array>('bytes'), version: arg<string>('version'), subject: arg<string>('subject') }

  const look = db
    .select({ fits: sql`case when ${sameRevision} then 1 else 0 end`.mapWith(toInteger) })
    .from(t)
    .where(isId)
    .$withCache(false)
    .prepare()

  /** How many rows a write changed. */
  function changing(query: Changing): (args: Args) => Promise<number> {
    const statement = query.prepare()
    return async (args) => {
      try {
        return server.changes(await statement.execute(args))
      } catch (error) {
        // A key that is taken. `insert ignore` would swallow every other error too, and `on duplicate key update` counts both
        // cases as one row.
        if (driverCodeOf(error) === codes.duplicateEntry) return 0
        throw error
      }
    }
  }

  /** A write of which the number of rows says all. */
  function simple(query: Changing, otherwise: Outcome): Write {
    const run = changing(query)
    return async (args) => ((await run(args)) > 0 ? 'ok' : otherwise)
  }

  /**
   * A write that takes a second look when it changed nothing.
   * @param unchanged what it means that the row is as expected. A connection without the flag FOUND_ROWS, which mysql2 sets
   * unless told otherwise, counts no row that a write left as it was. A revision is never used twice, so the row that still
   * fits is the one that was written.
   */
  function write(query: Changing, unchanged: Outcome): Write {
    const run = changing(query)
    return async (args) => {
      if ((await run(args)) > 0) return 'ok'
      const [row] = await look.execute(args)
      if (row === undefined) return 'gone'
      return row.fits === 1 ? unchanged : 'missed'
    }
  }

  function page(where: SQL): Page {
    const prepared = db
      .select({ cursor: t.id, key: t.key, ...record })
      .from(t)
      .where(and(gt(t.id, sql.placeholder('from')), where))
      .orderBy(t.id)
      .limit(sql.placeholder('limit'))
      .$withCache(false)
      .prepare()
    // mysql2 takes bytes in a Buffer alone.
    return ({ from, ...args }) => prepared.execute({ ...args, from: Buffer.from(from as Uint8Array) })
  }

  const collectInTurn = changing(
    db
      .delete(t)
      .where(lte(t.expiresAt, sql.placeholder('now')))
      .orderBy(t.expiresAt)
      // Drizzle takes a placeholder here, as its types say for select alone.
      .limit(sql.placeholder('limit') as unknown as number),
  )

  /**
   * Passes over rows that another collector or a request holds. The derived table comes first, so that no other row is locked
   * on the way; a plain `in (select ...)` would walk the whole table.
   */
  async function collectUnlocked(now: number, limit: number): Promise<number> {
    const expired = db
      .select({ id: t.id })
      .from(t)
      .where(lte(t.expiresAt, now))
      .orderBy(t.expiresAt)
      .limit(limit)
      .for('update', { skipLocked: true })
    return server.changes(
      await db.execute(sql`delete ${t} from ${expired} as expired straight_join ${t} on ${t.id} = expired.id`),
    )
  }

  // Never through the cache that a Drizzle database may have: it could serve a session that another process ended.
  const read = db.select(record).from(t).where(isId).$withCache(false).prepare()
  return {
    read: (args) => read.execute(args),
    look: (args) => look.execute(args),
    create: simple(
      db.insert(t).values({ id: arg('id'), key: arg('key'), ...contents, expiresAt: arg('expiresAt') }),
      'missed',
    ),
    update: write(
      db
        .update(t)
        .set({ ...contents, expiresAt: sql`coalesce(${sql.placeholder('expiresAt')}, ${t.expiresAt})` })
        .where(isRevision),
      'ok',
    ),
    touch: write(
      db
        .update(t)
        .set({ expiresAt: arg('expiresAt') })
        .where(isRevision),
      'ok',
    ),
    destroy: simple(db.delete(t).where(isId), 'gone'),
    destroyRevision: write(db.delete(t).where(isRevision), 'missed'),
    move: write(
      db
        .update(t)
        .set({ id: arg('to'), key: arg('toKey'), ...contents, expiresAt: arg('expiresAt') })
        .where(and(isRevision, ne(t.id, sql.placeholder('to')))),
      'missed',
    ),
    async collect({ now, limit }) {
      if (server.skipsLocked) {
        try {
          return await collectUnlocked(now, limit)
        } catch (error) {
          if (driverCodeOf(error) !== codes.parseError) throw error
          server.skipsLocked = false
        }
      }
      return collectInTurn({ now, limit })
    },
    // The prefix is compared as bytes; `like` would need its wildcards escaped.
    page: page(sql`left(${t.key}, ${sql.placeholder('length')}) = ${sql.placeholder('prefix')}`),
    subjectPage: page(sql`${t.subject} = ${sql.placeholder('subject')}`),
  }
}

/** A query of Drizzle that changes rows, as far as it is needed here. */
interface Changing {
  prepare(): { execute(args: Record<string, unknown>): Promise<Changed> }
}
