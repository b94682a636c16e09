import { SessionError } from '../../core/errors.js'
import type { SchemaModel } from '../../schema/definition.js'

/**
 * Makes assigning to a key of a schema throw, on every handle of one definition: `session.userId = 3` stores nothing. A handle
 * is frozen, which strict code alone notices. Names that a handle has itself are left to that.
 */
export function refuseAssignment(prototype: object, schema: SchemaModel, of: string, call: string): void {
  for (const key of schema.keys.keys()) {
    if (key in prototype) continue
    Object.defineProperty(prototype, key, {
      configurable: true,
      get: () => undefined,
      set() {
        throw new SessionError(
          'ERR_SESSION_READONLY',
          `\`${of}${key} = ...\` stores nothing. Call ${call}(${JSON.stringify(key)}, value).`,
        )
      },
    })
  }
}
