import { NotConnected } from './connection.js'

/**
 * An error of node-redis as the store knows it: its classes have no name to tell them by, and a bundler may rename them. What a
 * server answered begins with a word in capitals; what is left has a text of node-redis' own, or is of the network.
 */
export function translated(error: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason
  if (!(error instanceof Error)) return error
  if (/^[A-Z]{2,20}(?: |$)/.test(error.message)) return new ServerAnswer(error.message)
  if (!('syscall' in error) && !lost.test(error.message)) return error
  return new NotConnected(error)
}

class ServerAnswer extends Error {
  override readonly name = 'ReplyError'
}

/** The last one is a limit of the command's, whose error has no text. */
const lost =
  /^(?:The client is (?:closed|offline)|Socket closed unexpectedly|Disconnects client|Connection timeout|Socket timeout|All the root nodes are unavailable|The command was aborted|Cannot find node |Command timeout during maintenance|$)/
