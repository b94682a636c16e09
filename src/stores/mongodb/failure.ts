import type { MongoClient, TopologyDescription } from 'mongodb'
import { SessionError, StoreError } from '../../core/errors.js'
import { bareError, isSafe, networkCodeOf, safeFailure } from '../failure.js'
import { reasonOf, unreachable } from './unreachable.js'

/**
 * What may leave the store after a failure. The server's own messages are never shown: they quote keys, cut off and with
 * escapes, so that searching them for the key proves nothing. The driver's are, when they show no argument of the call.
 * @param client says which servers it was to reach; its user and password are not read
 */
export function mongodbFailure(error: unknown, args: Readonly<Record<string, unknown>>, client?: MongoClient): unknown {
  if (!(error instanceof Error) || error instanceof SessionError) return error
  // The reason of an aborted signal, which has a number for a code too.
  if (error instanceof DOMException) return error
  const hosts = hostsOf(client)
  const server = `The MongoDB server${hosts.length === 0 ? '' : ` at ${hosts.join(', ')}`}`
  if ('code' in error && typeof error.code === 'number') {
    const code = reasonOf(error)
    if (refusals.has(error.code)) {
      return new StoreError(
        `${server} refused the connection (${code}). Check the user, the password and \`authSource\`, the database that knows the user.`,
      )
    }
    return new StoreError(
      `The MongoDB server failed (${code}). Its own message is withheld because it may hold session data.`,
    )
  }
  // Without the answer of the server and the state of the cluster, which the driver hangs onto its errors.
  const own = bareError(error)
  const cause = isSafe(own, args) ? { cause: own } : {}
  if (error.name === 'MongoServerSelectionError' && 'reason' in error) {
    return new StoreError(unreachable(error.reason as TopologyDescription, hosts), cause)
  }
  if (isConnection(error)) {
    return new StoreError(`${server} cannot be reached, or the connection to it was lost (${reasonOf(error)}).`, cause)
  }
  return safeFailure(own, args, 'MongoDB server')
}

/** AuthenticationFailed, and what Atlas says instead. */
const refusals: ReadonlySet<number> = new Set([18, 8000])

function isConnection(error: Error): boolean {
  return (
    /^(?:MongoNetwork|MongoPool|MongoTopologyClosed|MongoWaitQueueTimeout|MongoClientClosed|PoolClearedOnNetwork|WaitQueueTimeout)/.test(
      error.name,
    ) || networkCodeOf(error) !== undefined
  )
}

/** Hosts and ports as the client was given them. */
function hostsOf(client: MongoClient | undefined): string[] {
  const { srvHost, hosts } = client?.options ?? {}
  const found = (hosts ?? []).map(String)
  return found.length === 0 && srvHost !== undefined ? [srvHost] : found
}
