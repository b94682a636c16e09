import { SessionGoneError, SessionValidationError } from '../core/errors.js'
import { handOut, knownKey } from './access.js'
import { replay, withoutFlashChanges } from './changes.js'
import { updateStored } from './compare-and-set.js'
import { type Contents, draftOf, type FlashEntry, toEntry } from './contents.js'
import type { Engine } from './engine.js'
import { refreshView, type SessionState } from './state.js'

/**
 * Takes flash values out of the store before anybody sees them: of any number of parallel requests, in any process, the
 * compare-and-set lets exactly one have each value. Values that this request has set itself are taken locally.
 * @param channels the wanted ones; undefined takes all
 */
export async function claimFlash(
  engine: Engine,
  state: SessionState,
  channels: readonly string[] | undefined,
): Promise<ReadonlyMap<string, FlashEntry>> {
  const claimed = await claimStored(engine, state, channels)
  const wanted = new Set(channels ?? [...state.view.flash.keys(), ...claimed.keys()])
  const delivered = new Map<string, FlashEntry>()
  const base: Contents = { ...state.view, flash: claimed }
  const offered = replay(
    base,
    state.log.filter((change) => change.kind === 'flash'),
  ).flash
  for (const channel of wanted) {
    const entry = offered.get(channel)
    if (entry) delivered.set(channel, entry)
  }
  if (claimed.size > 0) state.taken = behind(engine, state.taken, claimed)
  state.delivered = behind(engine, state.delivered, delivered)
  state.log = withoutFlashChanges(state.log, wanted)
  refreshView(state)
  return delivered
}

/**
 * With `flashMode: 'next-request'`: everything that waits becomes this request's own, as if it had been taken, and stays
 * readable until its end. Assets and requests ahead of need leave it alone.
 */
export async function sweepFlash(engine: Engine, state: SessionState): Promise<void> {
  if (state.phase !== 'open' || state.view.flash.size === 0 || !state.lookedAt()) return
  state.momentary ??= new Map()
  for (const [channel, entry] of await claimFlash(engine, state, undefined)) {
    const shown = state.momentary.get(channel)
    const earlier = shown === undefined ? undefined : toFlashEntry(engine, channel, shown, entry.at)
    const all = earlier ? putInFront(engine, channel, earlier, entry) : entry
    state.momentary.set(channel, handOut(all, engine.types))
  }
}

/** Returns what was claimed to the store, because the response that should have shown it failed. What came meanwhile is not replaced. */
export async function putBackFlash(engine: Engine, state: SessionState): Promise<void> {
  const { taken } = state
  if (!taken || !state.stored) return
  try {
    await updateStored(engine, state, (contents) => {
      const draft = draftOf(contents)
      for (const [channel, entry] of taken) {
        // What came meanwhile may be of a form that this code cannot read.
        if (draft.carriedFlash.has(channel)) continue
        draft.flash.set(channel, putInFront(engine, channel, entry, draft.flash.get(channel)))
      }
      return draft
    })
  } finally {
    // Once: of a call that has failed nobody knows whether it was stored, and a second one would put it back twice.
    state.taken = undefined
  }
}

/**
 * What returns to a channel that may have got something newer meanwhile: a list gets its earlier items back at the front. Of
 * single values the newer one stands, and of lists that are too long together.
 */
export function putInFront(
  engine: Engine,
  channel: string,
  earlier: FlashEntry,
  newer: FlashEntry | undefined,
): FlashEntry {
  if (!newer) return earlier
  try {
    return join(engine, channel, earlier, newer) ?? newer
  } catch (error) {
    if (error instanceof SessionValidationError) return newer
    throw error
  }
}

/** Two lists of a channel as one; undefined when they are no lists. @throws SessionValidationError when the channel allows no such list */
export function join(engine: Engine, channel: string, earlier: FlashEntry, newer: FlashEntry): FlashEntry | undefined {
  if (!Array.isArray(earlier.value) || !Array.isArray(newer.value)) return undefined
  const items: unknown[] = [...(earlier.value as unknown[]), ...(newer.value as unknown[])]
  return toFlashEntry(engine, channel, items, Math.max(earlier.at, newer.at))
}

/** Those of earlier takes in this request and, behind them, those of the last one. */
function behind(
  engine: Engine,
  earlier: ReadonlyMap<string, FlashEntry> | undefined,
  last: ReadonlyMap<string, FlashEntry>,
): Map<string, FlashEntry> {
  const all = new Map(earlier)
  for (const [channel, entry] of last) {
    const before = all.get(channel)
    all.set(channel, before ? putInFront(engine, channel, before, entry) : entry)
  }
  return all
}

/** @throws SessionValidationError, CodecError, SessionError `ERR_SESSION_UNKNOWN_KEY` */
export function toFlashEntry(engine: Engine, channel: string, value: unknown, at: number): FlashEntry {
  const label = `The flash of session \`${engine.name}\``
  const typed = knownKey(engine.flashSchema, channel, label).fromApp(value, engine.format.carryOfFlash(channel))
  if (typed.value !== undefined) return { ...toEntry(typed), at }
  const issue = { path: channel, expected: 'a value', received: 'undefined' }
  throw new SessionValidationError(
    `${label} cannot hold undefined in \`${channel}\`. Call flash.clear('${channel}') to remove a value.`,
    [issue],
  )
}

async function claimStored(
  engine: Engine,
  state: SessionState,
  channels: readonly string[] | undefined,
): Promise<Map<string, FlashEntry>> {
  let claimed = new Map<string, FlashEntry>()
  if (!state.stored) return claimed
  const claim = (contents: Contents) => {
    const wanted = channels ?? [...contents.flash.keys()]
    claimed = new Map([...contents.flash].filter(([channel]) => wanted.includes(channel)))
    if (claimed.size === 0) return undefined
    const draft = draftOf(contents)
    for (const channel of claimed.keys()) draft.flash.delete(channel)
    return draft
  }
  try {
    await updateStored(engine, state, claim)
    return claimed
  } catch (error) {
    // A session that was ended elsewhere has no flash left to deliver.
    if (error instanceof SessionGoneError && engine.policy.onGone === 'ignore') return new Map()
    throw error
  }
}
