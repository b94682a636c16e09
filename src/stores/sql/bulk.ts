import { type SQL, sql } from 'drizzle-orm'
import type { Args } from './dialect.js'

/** Tools write batches of one size, and a last one that is smaller. */
const MOST_KEPT = 4

/**
 * A statement of many rows, built and prepared once for each number of rows: Drizzle takes longer to build one than the database to
 * run it.
 * @param columns the arguments of each row
 * @param prepare builds the statement for `size` rows; `row(n)` are the placeholders of row n, in the order of `columns`
 */
export function inBulk(
  columns: readonly string[],
  prepare: (size: number, row: (at: number) => SQL[]) => (args: Args) => Promise<string[]>,
): (rows: readonly Args[]) => Promise<string[]> {
  const statements = new Map<number, (args: Args) => Promise<string[]>>()
  const names = (at: number) => columns.map((column) => `${column}${at}`)

  function statementFor(size: number) {
    const kept = statements.get(size)
    if (kept) return kept
    const made = prepare(size, (at) => names(at).map((name) => sql`${sql.placeholder(name)}`))
    if (statements.size >= MOST_KEPT) statements.clear()
    statements.set(size, made)
    return made
  }

  return (rows) => {
    const args: Record<string, unknown> = {}
    for (const [at, row] of rows.entries()) for (const column of columns) args[`${column}${at}`] = row[column]
    return statementFor(rows.length)(args)
  }
}
