import { SessionConfigError } from '../core/errors.js'
import { describeShape } from '../core/shape.js'
import { isThenable } from '../core/thenable.js'
import { isObject } from '../core/value.js'

export function isDefinition(definition: unknown): boolean {
  return isObject(definition) && isObject(definition['opener'])
}

/**
 * Looked into only when the right one did not work.
 * @param call for the message: `useSession(event, definition)`
 * @throws SessionConfigError unless it came from `defineSession`
 */
export function assertDefinition(definition: unknown, call: string): void {
  if (isDefinition(definition)) return
  const hint =
    isObject(definition) && 'password' in definition
      ? " That is the configuration of h3's own useSession."
      : isThenable(definition)
        ? ' Await it first.'
        : ''
  throw new SessionConfigError(
    `${call} needs what defineSession(...) returned as its second argument, and got ${describeShape(definition)}.${hint}`,
  )
}
