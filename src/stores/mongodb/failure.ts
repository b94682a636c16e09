import { SessionError, StoreError } from '../../core/errors.js'
import { codeOf, safeFailure } from '../failure.js'

/**
 * What may leave the store after a failure. The server's own messages are never shown: they quote keys, cut off and with
 * escapes, so that searching them for the key proves nothing. The driver's are, when they show no argument of the call.
 */
export function mongodbFailure(error: unknown, args: Readonly<Record<string, unknown>>): unknown {
  if (!(error instanceof Error) || error instanceof SessionError) return error
  // The reason of an aborted signal, which has a number for a code too.
  if (error instanceof DOMException) return error
  if ('code' in error && typeof error.code === 'number') {
    const name = 'codeName' in error && typeof error.codeName === 'string' ? ` ${error.codeName}` : ''
    return new StoreError(
      `The MongoDB server failed (${codeOf(error)}${name}). Its own message is withheld because it may hold session data.`,
    )
  }
  return safeFailure(bare(error), args, 'MongoDB server')
}

/** Without the answer of the server and the state of the cluster, which the driver hangs onto its errors. */
function bare(error: Error): Error {
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {}
  const own = Object.assign(new Error(error.message), code)
  Object.defineProperty(own, 'name', { value: error.name })
  Object.defineProperty(own, 'stack', { value: error.stack })
  return own
}
