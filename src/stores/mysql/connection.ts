/** Opens a pool that the store owns, with a Drizzle database on top. */
export async function openPool(url: string) {
  const [{ createPool }, { drizzle }] = await Promise.all([import('mysql2/promise'), import('drizzle-orm/mysql2')])
  const pool = createPool({ uri: url })
  return { db: drizzle(pool), close: () => pool.end() }
}
