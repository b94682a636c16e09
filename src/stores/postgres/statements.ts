import { createHash } from 'node:crypto'
import { and, eq, gt, inArray, is, lte, notExists, type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import { PgDatabase, type PgQueryResultHKT, PgTransaction } from 'drizzle-orm/pg-core'
import { SessionConfigError } from '../../core/errors.js'
import type { PostgresTable } from '../postgres-table.js'
import { inBulk } from '../sql/bulk.js'
import type { Args, Outcome, Page, Statements, Write } from '../sql/dialect.js'
import { driverCodeOf } from '../sql/failure.js'
import { insideTransaction } from '../sql/refusals.js'
import { toInteger } from '../sql/values.js'

export type Database = PgDatabase<PgQueryResultHKT>

/** @throws SessionConfigError when `db` was not made by Drizzle for PostgreSQL. */
export function asDatabase(db: unknown): Database {
  if (is(db, PgDatabase)) return db as unknown as Database
  throw new SessionConfigError(
    'postgresStore: db is not a Drizzle PostgreSQL database. Pass what drizzle() returned for your driver. withReplicas() cannot be used: a replica may still serve a session that has ended.',
  )
}

/**
 * A check that no transaction is open, for clients that know: one connection of `pg`. A pool gives each call a connection that
 * has none.
 * @throws SessionConfigError for the database of a transaction: of Drizzle or PGlite
 */
export function checkTransaction(db: unknown): (() => void) | undefined {
  const client = (db as { $client?: TransactionOf })?.$client
  if (is(db, PgTransaction) || typeof client?.rollback === 'function') throw insideTransaction('postgresStore')
  if (typeof client?.getTransactionStatus !== 'function') return undefined
  return () => {
    const status = client.getTransactionStatus?.()
    if (status === 'T' || status === 'E') throw insideTransaction('postgresStore')
  }
}

/** What tells a transaction: `rollback` of PGlite, the status of a client of `pg`. */
interface TransactionOf {
  readonly rollback?: unknown
  getTransactionStatus?(): string | null
}

/**
 * Builds every statement once: an unprepared Drizzle query costs more than the query itself.
 * @param named whether the server keeps them prepared too
 */
export function prepareStatements(db: Database, t: PostgresTable, named: boolean): Statements {
  const arg = <T>(name: string) => sql<T>`${sql.placeholder(name)}`
  const one = { hit: sql<number>`1`.as('hit') }
  const isId = eq(t.id, sql.placeholder('id'))
  const sameRevision = sql`${t.version} = ${sql.placeholder('expected')}`
  const isRevision = and(isId, sameRevision)
  const targetFree = notExists(
    db
      .select(one)
      .from(t)
      .where(eq(t.id, sql.placeholder('to'))),
  )
  const record = { bytes: t.bytes, version: t.version, expiresAt: t.expiresAt, subject: t.subject }
  const contents = { bytes: arg<Uint8Array>('bytes'), version: arg<string>('version'), subject: arg<string>('subject') }

  function prepared<Answer>(query: Query<Answer>): (args: Args) => Promise<Answer> {
    const statement = query.prepare(named ? nameOf(query.toSQL().sql) : unnamed)
    return (args) => statement.execute(args)
  }

  /** A write whose rows say whether it hit. */
  function simple(query: Query<readonly unknown[]>, otherwise: Outcome): Write {
    const run = prepared(query)
    return async (args) => ((await run(args)).length > 0 ? 'ok' : otherwise)
  }

  const look = prepared(db.select(one).from(t).where(isId).$withCache(false))

  /**
   * A write that also says why it missed. The outer query sees the table as it was when the statement began: no row, a row
   * that does not fit (`fits` is 0), or one that did, and that a concurrent write took away while this one waited for it.
   */
  function write(statement: SQLWrapper, fits: SQL | undefined = sql`true`): Write {
    const hit = db.$with('hit', one).as(statement.getSQL())
    const run = prepared(
      db
        .with(hit)
        .select({
          hits: sql`(select count(*) from ${hit})`.mapWith(toInteger),
          fits: sql`(${db
            .select({ fits: sql`case when ${fits} then 1 else 0 end` })
            .from(t)
            .where(isId)})`.mapWith(toInteger) as SQL<number | null>,
        })
        .from(sql`(select 1) as one`)
        .$withCache(false),
    )
    return async (args) => {
      const [seen] = await run(args)
      if (seen?.hits === 1) return 'ok'
      if (seen?.fits === 0) return 'missed'
      if (seen?.fits !== 1) return 'gone'
      // The row was as expected until another write took it: what has become of it?
      return (await look(args)).length > 0 ? 'missed' : 'gone'
    }
  }

  const page = (where: SQL): Page =>
    prepared(
      db
        .select({ cursor: t.id, key: t.key, ...record })
        .from(t)
        .where(and(gt(t.id, sql.placeholder('from')), where))
        .orderBy(t.id)
        .limit(sql.placeholder('limit'))
        .$withCache(false),
    )

  // Rows that another collector is at work on are its own; those that a request holds are not worth waiting for.
  const expired = db.$with('expired').as(
    db
      .select({ id: t.id })
      .from(t)
      .where(lte(t.expiresAt, sql.placeholder('now')))
      .orderBy(t.expiresAt)
      .limit(sql.placeholder('limit'))
      .for('update', { skipLocked: true }),
  )

  const move = write(
    db
      .update(t)
      .set({ id: arg('to'), key: arg('toKey'), ...contents, expiresAt: arg('expiresAt') })
      .where(and(isRevision, targetFree))
      .returning(one),
    and(sameRevision, targetFree),
  )
  const collect = prepared(
    db
      .with(expired)
      .delete(t)
      .where(inArray(t.id, db.select({ id: expired.id }).from(expired)))
      .returning(one),
  )

  const types = {
    id: 'bytea',
    expected: 'bytea',
    bytes: 'bytea',
    version: 'bytea',
    subject: 'bytea',
    expiresAt: 'bigint',
  }
  const updateMany = inBulk(Object.keys(types), (size, row) => {
    const casts = Object.values(types).map((type) => sql.raw(`::${type}`))
    const rows = Array.from({ length: size }, (_, at) => {
      const values = row(at).map((value, column) => sql`${value}${casts[column]}`)
      return sql`(${sql.join(values, sql`, `)})`
    })
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
      .where(and(eq(t.id, changed(1)), eq(t.version, changed(2))))
      .returning({ revision: t.version })
    const run = prepared<readonly { readonly revision: string }[]>(query)
    return async (args) => (await run(args)).map(({ revision }) => revision)
  })

  // Never through the cache that a Drizzle database may have: it could serve a session that another process ended.
  return {
    read: prepared(db.select(record).from(t).where(isId).$withCache(false)),
    create: simple(
      db
        .insert(t)
        .values({ id: arg('id'), key: arg('key'), ...contents, expiresAt: arg('expiresAt') })
        .onConflictDoNothing()
        .returning(one),
      'missed',
    ),
    update: write(
      db
        .update(t)
        .set({ ...contents, expiresAt: sql`coalesce(${sql.placeholder('expiresAt')}, ${t.expiresAt})` })
        .where(isRevision)
        .returning(one),
      sameRevision,
    ),
    touch: write(
      db
        .update(t)
        .set({ expiresAt: arg('expiresAt') })
        .where(isRevision)
        .returning(one),
      sameRevision,
    ),
    destroy: simple(db.delete(t).where(isId).returning(one), 'gone'),
    destroyRevision: write(db.delete(t).where(isRevision).returning(one), sameRevision),
    // The new key may be written by somebody else after the statement had found it free.
    move: (args) => move(args).catch(uniqueViolationIsMissed),
    updateMany,
    collect: async (args) => (await collect(args)).length,
    // The prefix is compared as bytes; `like` would need its wildcards escaped.
    page: page(sql`substring(${t.key} from 1 for ${sql.placeholder('length')}) = ${sql.placeholder('prefix')}`),
    subjectPage: page(sql`${t.subject} = ${sql.placeholder('subject')}`),
  }
}

/** A query of Drizzle, as far as it is needed here. */
interface Query<Answer> {
  toSQL(): { sql: string }
  prepare(name: string): { execute(args: Record<string, unknown>): Promise<Answer> }
}

function uniqueViolationIsMissed(error: unknown): 'missed' {
  if (driverCodeOf(error) === uniqueViolation) return 'missed'
  throw error
}

const uniqueViolation = '23505'

// Drizzle gives a statement no name when the name is missing, but does not say so in its types.
const unnamed = undefined as unknown as string

/** One name for each text: on one connection a name must never stand for two. */
function nameOf(statement: string): string {
  return `zession_${createHash('sha256').update(statement).digest('hex').slice(0, 32)}`
}
