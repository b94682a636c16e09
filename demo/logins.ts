import { type Client, createClient } from '@libsql/client'
import { databaseUrl } from './config.js'

// "Log out everywhere" without a list of a user's sessions: every user has an epoch, a number kept beside the sessions.
// A login copies it into its session; raising it makes every older login stale at once, also after a restart.

let opening: Promise<Client> | undefined

/** The epoch that a login of this user must carry to be valid. */
export async function currentEpoch(name: string): Promise<number> {
  const db = await open()
  const { rows } = await db.execute({ sql: 'select epoch from logins where name = ?', args: [name] })
  return Number(rows[0]?.['epoch'] ?? 0)
}

/** Makes every login of this user stale, in whatever browser. */
export async function endAllLogins(name: string): Promise<void> {
  const db = await open()
  await db.execute({
    sql: 'insert into logins (name, epoch) values (?, 1) on conflict (name) do update set epoch = epoch + 1',
    args: [name],
  })
}

export async function closeLogins(): Promise<void> {
  const db = await opening
  opening = undefined
  db?.close()
}

function open(): Promise<Client> {
  opening ??= create().catch((error: unknown) => {
    opening = undefined // the next request tries again
    throw error
  })
  return opening
}

async function create(): Promise<Client> {
  const client = createClient({ url: databaseUrl('logins.db') })
  await client.execute('create table if not exists logins (name text primary key not null, epoch integer not null)')
  return client
}
