import { SessionDestroyedError, SessionError, StoreError } from '../../core/errors.js'
import { nearest } from '../../core/options/nearest.js'
import { describeNoun } from '../../core/shape.js'
import type { SchemaModel } from '../../schema/definition.js'
import type { KeyModel } from '../../schema/key.js'
import type { UnitOfWork } from './unit-of-work.js'

/** @throws SessionError `ERR_SESSION_UNKNOWN_KEY` */
export function knownKey(model: SchemaModel | undefined, key: string, label: string): KeyModel {
  const found = model?.keys.get(key)
  if (found) return found
  throw new SessionError('ERR_SESSION_UNKNOWN_KEY', `${label} ${unknownKey(model, key)}`)
}

/** JavaScript gives anything for a key: what is no text may hold values, and what is long may be one. */
function unknownKey(model: SchemaModel | undefined, key: unknown): string {
  const names = model ? [...model.keys.keys()] : []
  const known = `Known keys: ${model ? names.join(', ') || 'none' : 'none, because no `flash` schema is given'}.`
  if (typeof key !== 'string') return `takes the name of a key, and got ${describeNoun(key)}. ${known}`
  const near = nearest(key, names)
  const meant = near === undefined ? '' : `Did you mean \`${near}\`? `
  return `has no key \`${key.slice(0, 40)}\`. ${meant}${known}`
}

/** @throws SessionDestroyedError */
export function assertReadable(unit: UnitOfWork): void {
  if (unit.phase !== 'destroyed') return
  throw new SessionDestroyedError(
    `Session \`${unit.runtime.name}\` was destroyed in this request. Call useSession again for a new one.`,
  )
}

/** @throws SessionDestroyedError, SessionError `ERR_SESSION_READONLY` or `ERR_SESSION_HEADERS_SENT`, StoreError */
export function assertWritable(unit: UnitOfWork, what: string): void {
  assertReadable(unit)
  const { name } = unit.runtime
  if (unit.isComputing)
    throw new SessionError(
      'ERR_SESSION_READONLY',
      `${what} on session \`${name}\` inside an update() or mutate() callback, which runs again on a conflict and may only compute the new value. Call it before or after.`,
    )
  switch (unit.phase) {
    case 'sealed':
      throw new SessionError(
        'ERR_SESSION_HEADERS_SENT',
        `${what} on session \`${name}\` came after the response headers had left, so it could not be committed. Change the session before the response is returned, or before streaming starts.`,
      )
    case 'readonly':
      throw new SessionError(
        'ERR_SESSION_READONLY',
        `${what} on session \`${name}\`, which was opened by useReadonlySession. Open it with useSession.`,
      )
    case 'outage':
      throw new StoreError(
        `${what} on session \`${name}\` is refused: its store did not answer, so the session is empty and read-only in this request.`,
      )
    // What comes after it was found ended elsewhere is dropped like everything before; `save()` says so.
    default:
  }
}
