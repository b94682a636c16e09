const connectTimeoutMs = 10_000

/** Opens a pool that the store owns, with a Drizzle database on top. */
export async function openPool(url: string) {
  const [{ default: pg }, { drizzle }] = await Promise.all([import('pg'), import('drizzle-orm/node-postgres')])
  const pool = new pg.Pool({
    connectionString: url,
    // Also how long a call waits for a free connection: an error is better than a queue that never ends.
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
  })
  // A connection that dies while nobody uses it, as all do when the server restarts. The pool replaces it by itself; without
  // a listener the error would end the process.
  pool.on('error', () => {})
  return { db: drizzle(pool), close: () => pool.end() }
}
