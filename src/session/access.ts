import { SessionDestroyedError, SessionError, SessionGoneError, StoreError } from '../core/errors.js'
import { nearest } from '../core/options/nearest.js'
import { describeNoun } from '../core/shape.js'
import type { TypeRegistry } from '../core/type-registry.js'
import { copyValue } from '../core/value.js'
import type { SchemaModel } from '../schema/definition.js'
import type { KeyModel } from '../schema/key.js'
import { type Change, replay } from './changes.js'
import { type Entry, toEntry } from './contents.js'
import type { Engine } from './engine.js'
import type { SessionState } from './state.js'

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
export function assertReadable(engine: Engine, state: SessionState): void {
  if (state.phase !== 'destroyed') return
  throw new SessionDestroyedError(
    `Session \`${engine.name}\` was destroyed in this request. Call useSession again for a new one.`,
  )
}

/** @throws SessionDestroyedError, SessionError `ERR_SESSION_READONLY` or `ERR_SESSION_HEADERS_SENT`, StoreError, by policy SessionGoneError */
export function assertWritable(engine: Engine, state: SessionState, what: string): void {
  assertReadable(engine, state)
  const { name } = engine
  if (computing.has(state))
    throw new SessionError(
      'ERR_SESSION_READONLY',
      `${what} on session \`${name}\` inside an update() or mutate() callback, which runs again on a conflict and may only compute the new value. Call it before or after.`,
    )
  switch (state.phase) {
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
    case 'gone':
      // By default what is left of such a request is dropped without a word, like everything before.
      if (engine.policy.onGone === 'throw')
        throw new SessionGoneError(
          `${what} on session \`${name}\` came after it was found ended elsewhere. Call useSession again for a new one.`,
        )
      return
    default:
  }
}

/** The sessions whose value is being computed by the app. */
const computing = new WeakSet<SessionState>()

/** Whether the app is computing a value for it at this moment. */
export function isComputing(state: SessionState): boolean {
  return computing.has(state)
}

/** Runs the app's part of an update: whatever it changed in the session itself would be lost, so that is refused. */
export function computed(state: SessionState, compute: () => unknown): unknown {
  computing.add(state)
  try {
    return compute()
  } finally {
    computing.delete(state)
  }
}

/** Notes a change and shows it to the rest of the request. */
export function record(state: SessionState, change: Change): void {
  state.view = replay(state.view, [change])
  state.log.push(change)
}

/** A value that the app may keep but not change: frozen where that is possible, else a copy. */
export function handOut(entry: Entry | undefined, types: TypeRegistry | undefined): unknown {
  if (!entry) return undefined
  if (entry.pure) return entry.value
  return entry.decode ? entry.decode(entry.stored) : copyValue(entry.value, types)
}

export function defaultEntry(state: SessionState, key: KeyModel): (Entry & { readonly volatile: boolean }) | undefined {
  if (!key.hasDefault) return undefined
  const known = state.defaults?.get(key.name)
  if (known) return known
  const typed = key.default()
  const entry = { ...toEntry(typed), volatile: typed.volatile }
  state.defaults ??= new Map()
  state.defaults.set(key.name, entry)
  return entry
}
