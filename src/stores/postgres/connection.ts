import { connect, Socket } from 'node:net'
import { addressOf, connectFailure } from '../failure.js'
import { connectionPool, type Opening, type Source } from '../sql/pool.js'
import type { Database } from './statements.js'

const limit = 10
const connectTimeoutMs = 10_000
const keepAliveMs = 30_000

/** A pool that the store owns, of connections with a Drizzle database on top of each. It opens none yet. */
export async function openPool<T>(url: string, prepare: (database: Database) => T): Promise<Source<T>> {
  const [{ default: pg }, { drizzle }] = await Promise.all([import('pg'), import('drizzle-orm/node-postgres')])

  function open(lost: () => void): Opening<T> {
    const socket = new Socket()
    const client = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: connectTimeoutMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: keepAliveMs,
      // Of our own, because `pg` closes a connection only after a goodbye.
      stream: () => socket,
    })
    // Without a listener the error of a connection that dies while nobody uses it would end the process.
    client.on('error', () => {})
    socket.on('end', lost)
    socket.on('close', lost)
    const ready = client.connect().then(
      () => prepare(drizzle(client) as unknown as Database),
      (error: unknown) => {
        const { username: user, password } = new URL(url)
        throw connectFailure(error, 'PostgreSQL database', addressOf(url, 5432), { user, password })
      },
    )
    return {
      ready,
      end: () => void client.end().catch(() => {}),
      isOpen: () => !socket.destroyed && !socket.readableEnded,
      destroy: () => socket.destroy(),
      cancel: () => cancelQuery(client as unknown as Cancellable),
    }
  }

  return connectionPool({ limit, open })
}

/** What `pg` knows of a connection, beside what its types say. */
interface Cancellable {
  readonly host: string
  readonly port: number
  readonly processID: number | null
  readonly secretKey: number | null
}

const cancelRequestCode = 80877102
const cancelTimeoutMs = 1000

// Otherwise a server that is only slow would go on with it, and not notice that nobody waits: each call that was given up would
// leave it one more connection, until there are none for anybody. Best effort. It needs no TLS, as in `libpq`: the key is a
// random number that stands for nothing else.
function cancelQuery({ host, port, processID, secretKey }: Cancellable): void {
  if (typeof processID !== 'number' || typeof secretKey !== 'number') return
  const request = Buffer.alloc(16)
  for (const [i, part] of [16, cancelRequestCode, processID, secretKey].entries()) request.writeInt32BE(part, i * 4)
  const socket = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host)
  socket.on('error', () => {})
  socket.setTimeout(cancelTimeoutMs, () => socket.destroy())
  socket.resume()
  socket.end(request)
}
