import type { Contents } from './contents.js'
import { Draft } from './draft.js'

/**
 * One change that the app made. Changes are kept as what was asked for, not as the resulting state, so that they can be
 * applied again to what another request has stored meanwhile: that is how no update is lost.
 */
export interface Change {
  readonly kind: 'data' | 'flash' | 'lifetime'
  /** The key or channel; undefined when it concerns all of them. */
  readonly key: string | undefined
  /** The flash channel whose taken value this queues again. */
  readonly returns?: string
  apply(draft: Draft): void
  /** Says what was lost by it, now that it is stored. */
  stored?(): void
}

/** The contents with all changes applied in order. */
export function replay(contents: Contents, changes: readonly Change[]): Contents {
  if (changes.length === 0) return contents
  const draft = new Draft(contents)
  for (const change of changes) change.apply(draft)
  return draft.toContents()
}

/** The changes of these flash channels alone. */
export function flashChanges(changes: readonly Change[], channels: ReadonlySet<string>): ReadonlySet<Change> {
  return new Set(changes.filter(({ kind, key }) => kind === 'flash' && key !== undefined && channels.has(key)))
}

/** The changes that matter no more when only `keep` of the data survives. One of all keys (`clear`) still does. */
export function droppedChanges(changes: readonly Change[], keep: ReadonlySet<string>): ReadonlySet<Change> {
  return new Set(changes.filter(({ kind, key }) => kind === 'data' && key !== undefined && !keep.has(key)))
}
