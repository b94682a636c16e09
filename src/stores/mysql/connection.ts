import type { Socket } from 'node:net'
import { addressOf, connectFailure } from '../failure.js'
import { connectionPool, type Opening, type Source } from '../sql/pool.js'
import type { Database } from './statements.js'

const defaultLimit = 10

/**
 * What acknowledged means: with `autocommit` off a server acknowledges what it then throws away, and without a strict mode it
 * cuts off what is too long.
 */
const necessary = `set session autocommit = 1, sql_mode = concat(@@session.sql_mode, ',STRICT_ALL_TABLES')`

/** Nobody waits longer for a lock. The server does not notice that a connection was given up, and would keep it for a minute or a day. */
const useful = 'set session innodb_lock_wait_timeout = 5, lock_wait_timeout = 5'

/** A pool that the store owns, of connections with a Drizzle database on top of each. It opens none yet. */
export async function openPool<T>(url: string, prepare: (database: Database) => T): Promise<Source<T>> {
  const [{ default: mysql }, { drizzle }] = await Promise.all([import('mysql2'), import('drizzle-orm/mysql2')])
  const { uri, limit } = withoutPoolOptions(url)

  function open(lost: () => void): Opening<T> {
    const connection = mysql.createConnection({ uri })
    const socket = (connection as unknown as { stream: Socket }).stream
    // Without a listener the error of a connection that dies while nobody uses it would end the process.
    connection.on('error', () => {})
    socket.on('end', lost)
    socket.on('close', lost)
    const ready = new Promise<T>((resolve, reject) => {
      const fail = (error: unknown) => {
        const { username: user, password } = new URL(url)
        reject(connectFailure(error, 'MySQL database', addressOf(url, 3306), { user, password }))
      }
      connection.connect((refused) => {
        if (refused) return fail(refused)
        connection.query(necessary, (error) => {
          if (error) return fail(error)
          // A server that does not know these settings is none that waits for its locks.
          connection.query(useful, () => resolve(prepare(drizzle(connection) as unknown as Database)))
        })
      })
    })
    return {
      ready,
      isOpen: () => !socket.destroyed && !socket.readableEnded,
      end: () => connection.end(),
      destroy: () => socket.destroy(),
    }
  }

  return connectionPool({ limit, open })
}

/** What mysql2 takes for a pool alone, and warns of on a connection. */
const poolOptions = ['connectionLimit', 'maxIdle', 'idleTimeout', 'queueLimit', 'waitForConnections']

function withoutPoolOptions(url: string): { uri: string; limit: number } {
  const parsed = new URL(url)
  const limit = Number(parsed.searchParams.get('connectionLimit') ?? defaultLimit)
  for (const name of poolOptions) parsed.searchParams.delete(name)
  return { uri: parsed.href, limit: Number.isInteger(limit) && limit > 0 ? limit : defaultLimit }
}
