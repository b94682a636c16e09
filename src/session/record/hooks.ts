import diagnosticsChannel from 'node:diagnostics_channel'
import type { SessionId } from '../../core/id.js'
import { isThenable } from '../../core/thenable.js'

/** What every hook gets. `ref` names the session in logs; the id itself is never handed out. */
export interface SessionEvent {
  /** The name of the definition. */
  readonly session: string
  /** A short one-way hash of the id; undefined when there is no id yet. */
  readonly ref: string | undefined
}

/** What the `invalid` hook gets. */
export interface InvalidEvent extends SessionEvent {
  /** The keys (or `flash.<channel>`) whose stored value the schema refuses; empty when the whole record is unreadable. */
  readonly keys: readonly string[]
  /** Why the record could not be read at all. */
  readonly error?: unknown
}

/**
 * Observers of a session's life, called synchronously. They cannot change what happens: the result is ignored, an
 * exception is printed and the request goes on. A hook may be async: it is not awaited, and a rejection is printed too.
 */
export interface SessionHooks {
  /** A session was stored for the first time. */
  created?(event: SessionEvent): void
  /** A request has found its session in the store. */
  loaded?(event: SessionEvent): void
  /** Changes were stored, those of the first time too. */
  saved?(event: SessionEvent): void
  /** Another request changed the same session first; this one is replayed. */
  conflict?(
    event: SessionEvent & {
      /** How often this commit has been replayed, counted from 1. */
      readonly attempt: number
    },
  ): void
  /** A commit found the session ended elsewhere; its changes were dropped. */
  gone?(event: SessionEvent): void
  /** The session has a new id, by `regenerate` or `rotate`. */
  regenerated?(
    event: SessionEvent & {
      /** The ref of the id before. */
      readonly previousRef: string | undefined
    },
  ): void
  /** The session was ended: by `destroy`, a revocation, `destroyById`, `destroyAll` or `maxPerSubject`. */
  destroyed?(event: SessionEvent): void
  /** An id was used after its rotation and the grace that follows: by a slow client, or by somebody who copied it. */
  reused?(
    event: SessionEvent & {
      /** Whether `onReuse` has ended the session. */
      readonly revoked: boolean
    },
  ): void
  /** A request came with the id of an expired session. Called then, not at the deadline. */
  expired?(event: SessionEvent): void
  /** A session of another library has become one of this definition, once however many requests brought it. */
  adopted?(
    event: SessionEvent & {
      /** The reader that has found it, `express-session` for instance. */
      readonly from: string
      /** The keys that `map` gave and the schema refused: they are not in the session. */
      readonly refused: readonly string[]
    },
  ): void
  /** Stored values no longer fit the schema, or the whole record cannot be read. `onInvalid` and `onUnreadable` have decided. */
  invalid?(event: InvalidEvent): void
  /** Stored data of an older schema version was migrated for this request. It is stored with the next change. */
  migrated?(
    event: SessionEvent & {
      /** The schema version that it was migrated to: that of the definition. */
      readonly version: number
    },
  ): void
  /** The store failed, or did not answer within `storeTimeout`. */
  storeError?(
    event: SessionEvent & {
      /** A StoreError; its `cause` is the error of the driver. */
      readonly error: unknown
    },
  ): void
}

type Payload<K extends keyof SessionHooks> = Parameters<NonNullable<SessionHooks[K]>>[0]
type Details<K extends keyof SessionHooks> = Omit<Payload<K>, keyof SessionEvent>

/** Tells one hook; `id` is turned into a ref only if somebody listens. */
export type Emit = <K extends keyof SessionHooks>(
  hook: K,
  id: SessionId | undefined,
  ...details: keyof Details<K> extends never ? [] : [Details<K>]
) => void

/** The same for a session of which only the ref is known. */
export type EmitRef = <K extends keyof SessionHooks>(
  hook: K,
  ref: string | undefined,
  ...details: keyof Details<K> extends never ? [] : [Details<K>]
) => void

/**
 * Every event of every definition, for tracing without touching the app:
 * `diagnostics_channel.subscribe('zession', ({ hook, session, ref }) => ...)`.
 */
const channel = diagnosticsChannel.channel('zession')

/** @param refOfId works out the ref of an id */
export function createEmit(
  session: string,
  hooks: SessionHooks,
  refOfId: (id: SessionId) => string,
): { readonly emit: Emit; readonly emitRef: EmitRef } {
  const heard = (hook: keyof SessionHooks) => hooks[hook] !== undefined || channel.hasSubscribers
  const emitRef: EmitRef = (hook, ref, ...details) => {
    if (!heard(hook)) return
    const event = { session, ref, ...details[0] }
    channel.publish({ hook, ...event })
    const listener = hooks[hook] as ((event: unknown) => unknown) | undefined
    const failed = (error: unknown) =>
      console.error(`zession: the \`${hook}\` hook of session \`${session}\` threw:`, error)
    try {
      const answer = listener?.call(hooks, event)
      // An async hook: left alone, its failure would end the process.
      if (isThenable(answer)) Promise.resolve(answer).catch(failed)
    } catch (error) {
      failed(error)
    }
  }
  return {
    emitRef,
    emit(hook, id, ...details) {
      if (heard(hook)) emitRef(hook, id === undefined ? undefined : refOfId(id), ...details)
    },
  }
}
