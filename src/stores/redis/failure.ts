import { StoreError } from '../../core/errors.js'
import { codeOf, safeFailure } from '../failure.js'
import { meaning, wordOf } from './answers.js'
import { NotConnected } from './connection.js'
import type { Client } from './port.js'
import { type Version, versionOf } from './version.js'

const withheld = 'The rest of its answer is withheld because it may hold session data.'

/**
 * What may leave the store after a failure. Errors of ioredis carry the command with its keys and values, and servers repeat
 * arguments in their messages: what remains of an answer is its first word.
 * @param trouble why the connection was lost, where the store knows
 */
export async function failureOf(
  error: unknown,
  args: Readonly<Record<string, unknown>>,
  client: Client | undefined,
  trouble: string | undefined,
): Promise<unknown> {
  if (!(error instanceof Error) || error instanceof DOMException) return error
  const word = wordOf(error)
  const server = `The Redis server${placeOf(client, error)}`
  if (word === undefined) {
    if (!isConnection(error)) return safeFailure(error, args, 'Redis server')
    const reason = trouble ?? reasonOf(error)
    return new StoreError(
      `${server} cannot be reached, or the connection to it was lost${reason === undefined ? '' : ` (${reason})`}.`,
    )
  }
  if (word === 'MOVED' || word === 'CROSSSLOT') {
    return new StoreError(
      `${server} is a node of a cluster. Give redisStore a client: \`new Cluster()\` of ioredis, or \`createCluster()\` of node-redis.`,
    )
  }
  if (word !== 'ERR')
    return new StoreError([`${server} answered ${word}.`, meaning[word], withheld].filter(Boolean).join(' '))
  return new StoreError(unexplained(server, client && (await versionOf(client))))
}

/** ERR says nothing; what is most likely is a server that does not know a command or an option yet. */
function unexplained(server: string, version: Version | undefined): string {
  const needs = 'redisStore needs Redis 6.2 or newer, or Valkey'
  if (version === undefined) return `${server} answered ERR, and does not tell its version: ${needs}. ${withheld}`
  if (version.isTooOld) return `${server} is ${version.name}. ${needs}.`
  return `${server} (${version.name}) answered ERR. ${withheld}`
}

/** Host and port, or path, of a server; name of a master that Sentinels watch. A client's user and password are not read. */
function placeOf(client: Client | undefined, error: Error): string {
  const { path, host, port, sentinels, name = '' } = client?.place ?? {}
  if (sentinels) return ` \`${name}\` behind Sentinel`
  if (path) return ` at ${path}`
  if (host && !client?.isCluster) return ` at ${hostAndPort(host, port)}`
  const last: unknown = 'lastNodeError' in error ? error.lastNodeError : error
  const { address, port: at } = Object(last) as { address?: string; port?: number }
  if (address !== undefined) return ` at ${hostAndPort(address, at)}`
  return client?.isCluster ? ' (a cluster)' : ''
}

const hostAndPort = (host: string, port: number | undefined) =>
  `${host.includes(':') ? `[${host}]` : host}:${port ?? 'unknown port'}`

/** ioredis tells these errors apart by name or text alone. */
function isConnection(error: Error): boolean {
  return (
    error instanceof NotConnected ||
    ['MaxRetriesPerRequestError', 'ClusterAllFailedError', 'AbortError'].includes(error.name) ||
    'syscall' in error ||
    /^(?:Connection is closed\.|Command timed out|Stream isn't writeable|Cluster (?:is ended|isn't ready)|Socket timeout)/.test(
      error.message,
    )
  )
}

function reasonOf(error: Error): string | undefined {
  const last = 'lastNodeError' in error ? error.lastNodeError : (error.cause ?? error)
  const code = wordOf(last) ?? codeOf(last)
  if (code !== 'no code') return code
  return error.message === 'Command timed out' ? 'no answer' : undefined
}
