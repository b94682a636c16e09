import type { ServerDescription, TopologyDescription } from 'mongodb'
import { codeOf, networkCodeOf } from '../failure.js'

/**
 * Why no server could be chosen, in a sentence with all that were asked.
 * @param hosts as the client was given them
 */
export function unreachable({ servers, setName }: TopologyDescription, hosts: readonly string[]): string {
  const found = [...servers.values()]
  const asked = found.map((server) => `${server.address} (${stateOf(server)})`).join(', ')
  if (found.length === 0) {
    return `None of the MongoDB servers at ${hosts.join(', ')} is a member of the replica set \`${setName}\`. Check \`replicaSet\` in the url.`
  }
  const isAnnounced = found.some(({ address }) => !hosts.includes(address)) && hosts.length > 0
  const announced = isAnnounced
    ? ' These are the names that the replica set gives its members: they must be known here too.'
    : ''
  if (found.some((server) => server.type !== 'Unknown')) {
    return `The MongoDB servers have no primary that can be reached: ${asked}.${announced}`
  }
  const [server, ...others] = found
  const [who, remedy] = others.length === 0 ? ['server', 'the server runs'] : ['servers', 'they run']
  const tls = found.some((each) => isTls(each.error)) ? ' Check whether both sides use TLS, and the certificates.' : ''
  const place =
    others.length === 0 ? `at ${server?.address} cannot be reached (${stateOf(server)})` : `cannot be reached: ${asked}`
  return `The MongoDB ${who} ${place}. Check the host and the port, and whether ${remedy}.${tls}${announced}`
}

/** A code, or words where there is none. */
export function reasonOf(error: Error): string {
  const known = networkCodeOf(error) ?? codeIn(error)
  if (known !== undefined) return known
  if (/Timeout/.test(error.name)) return 'no answer'
  if (/ closed$/.test(error.message)) return 'it was closed'
  return error.name
}

function codeIn(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const code = codeOf(error)
  if (code === 'no code') return codeIn(error.cause)
  return 'codeName' in error && typeof error.codeName === 'string' ? `${code} ${error.codeName}` : code
}

const states: Readonly<Record<string, string>> = {
  RSGhost: 'not part of a replica set yet',
  RSSecondary: 'a secondary',
  RSArbiter: 'an arbiter',
  RSOther: 'not ready',
  RSPrimary: 'the primary',
}

function stateOf(server: ServerDescription | undefined): string {
  if (server?.error) return reasonOf(server.error)
  return states[server?.type ?? ''] ?? 'no answer'
}

function isTls(error: Error | null | undefined): boolean {
  if (!error) return false
  return /TLS|SSL|certificate/i.test(error.message) || /SSL|TLS|CERT/.test(codeIn(error) ?? '')
}
