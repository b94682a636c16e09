import { SessionGoneError, SessionValidationError } from '../../core/errors.js'
import type { DefinitionRuntime } from '../definition/runtime.js'
import { flashChanges, replay } from '../record/changes.js'
import { type Contents, type FlashEntry, toEntry } from '../record/contents.js'
import { Draft } from '../record/draft.js'
import { updateStored } from './compare-and-set.js'
import { knownKey } from './guard.js'
import { handOut } from './hand-out.js'
import type { UnitOfWork } from './unit-of-work.js'

/**
 * Takes flash values out of the store before anybody sees them: of any number of parallel requests, in any process, the
 * compare-and-set lets exactly one have each value. Values that this request has set itself are taken locally.
 * @param channels the wanted ones; undefined takes all
 */
export async function claimFlash(
  unit: UnitOfWork,
  channels: readonly string[] | undefined,
): Promise<ReadonlyMap<string, FlashEntry>> {
  const { runtime, flash } = unit
  const claimed = await claimStored(unit, channels)
  const wanted = new Set(channels ?? [...unit.view.flash.keys(), ...claimed.keys()])
  const delivered = new Map<string, FlashEntry>()
  const base: Contents = { ...unit.view, flash: claimed }
  const offered = replay(
    base,
    unit.log.filter((change) => change.kind === 'flash'),
  ).flash
  for (const channel of wanted) {
    const entry = offered.get(channel)
    if (entry) delivered.set(channel, entry)
  }
  flash.claimed(behind(runtime, flash.taken, claimed), behind(runtime, flash.delivered, delivered))
  unit.delivered(flashChanges(unit.log, wanted))
  return delivered
}

/**
 * With `flashMode: 'next-request'`: everything that waits becomes this request's own, as if it had been taken, and stays
 * readable until its end. Assets and requests ahead of need leave it alone.
 */
export async function sweepFlash(unit: UnitOfWork): Promise<void> {
  if (unit.phase !== 'open' || unit.view.flash.size === 0 || !unit.isReader()) return
  const { runtime, flash } = unit
  for (const [channel, entry] of await claimFlash(unit, undefined)) {
    const shown = flash.momentary.get(channel)
    const earlier = shown === undefined ? undefined : toFlashEntry(runtime, channel, shown, entry.at)
    const all = earlier ? putInFront(runtime, channel, earlier, entry) : entry
    flash.show(channel, handOut(all, runtime.types))
  }
}

/** Returns what was claimed to the store, because the response that should have shown it failed. What came meanwhile is not replaced. */
export async function putBackFlash(unit: UnitOfWork): Promise<void> {
  const { taken } = unit.flash
  if (taken.size === 0 || !unit.stored) return
  try {
    await released(unit, taken)
    await updateStored(unit, (contents) => {
      const draft = new Draft(contents)
      for (const [channel, entry] of taken) {
        // What came meanwhile may be of a form that this code cannot read.
        if (draft.carriedFlash.has(channel)) continue
        draft.flash.set(channel, putInFront(unit.runtime, channel, entry, draft.flash.get(channel)))
      }
      return draft.toContents()
    })
  } finally {
    // Once: of a call that has failed nobody knows whether it was stored, and a second one would put it back twice.
    unit.flash.returnedAll()
  }
}

async function released({ stored, runtime }: UnitOfWork, taken: ReadonlyMap<string, FlashEntry>): Promise<void> {
  const { flashClaims, format } = runtime.records
  if (!flashClaims || !stored) return
  for (const [channel, entry] of taken) {
    const bytes = format.carryOfFlash(channel).encode(entry.stored)
    await flashClaims.release(stored.key, channel, entry, bytes)
  }
}

/**
 * What a channel holds once a value returns to it. A list gets its earlier items back at the front. Of single values the newer one
 * is kept, and so it is of two lists that are too long together.
 */
export function putInFront(
  runtime: DefinitionRuntime,
  channel: string,
  earlier: FlashEntry,
  newer: FlashEntry | undefined,
): FlashEntry {
  if (!newer) return earlier
  try {
    return join(runtime, channel, earlier, newer) ?? newer
  } catch (error) {
    if (error instanceof SessionValidationError) return newer
    throw error
  }
}

/** Two lists of a channel as one; undefined when they are no lists. @throws SessionValidationError when the channel allows no such list */
export function join(
  runtime: DefinitionRuntime,
  channel: string,
  earlier: FlashEntry,
  newer: FlashEntry,
): FlashEntry | undefined {
  if (!Array.isArray(earlier.value) || !Array.isArray(newer.value)) return undefined
  const items: unknown[] = [...(earlier.value as unknown[]), ...(newer.value as unknown[])]
  return toFlashEntry(runtime, channel, items, Math.max(earlier.at, newer.at))
}

/** Those of earlier takes in this request and, behind them, those of the last one. */
function behind(
  runtime: DefinitionRuntime,
  earlier: ReadonlyMap<string, FlashEntry>,
  last: ReadonlyMap<string, FlashEntry>,
): Map<string, FlashEntry> {
  const all = new Map(earlier)
  for (const [channel, entry] of last) {
    const before = all.get(channel)
    all.set(channel, before ? putInFront(runtime, channel, before, entry) : entry)
  }
  return all
}

/** @throws SessionValidationError, CodecError, SessionError `ERR_SESSION_UNKNOWN_KEY` */
export function toFlashEntry(runtime: DefinitionRuntime, channel: string, value: unknown, at: number): FlashEntry {
  const label = `The flash of session \`${runtime.name}\``
  const typed = knownKey(runtime.flashSchema, channel, label).fromApp(
    value,
    runtime.records.format.carryOfFlash(channel),
  )
  if (typed.value !== undefined) return { ...toEntry(typed), at }
  const issue = { path: channel, expected: 'a value', received: 'undefined' }
  throw new SessionValidationError(
    `${label} cannot hold undefined in \`${channel}\`. Call flash.clear('${channel}') to remove a value.`,
    [issue],
  )
}

/** Of what was claimed: what no other request has delivered, where more than one can have claimed it. */
async function delivered(unit: UnitOfWork, claimed: Map<string, FlashEntry>): Promise<Map<string, FlashEntry>> {
  const { records } = unit.runtime
  if (!records.flashClaims || !unit.stored) return claimed
  const { key } = unit.stored
  for (const [channel, entry] of claimed) {
    const bytes = records.format.carryOfFlash(channel).encode(entry.stored)
    if (!(await records.flashClaims.claim(key, channel, entry, bytes))) claimed.delete(channel)
  }
  return claimed
}

async function claimStored(
  unit: UnitOfWork,
  channels: readonly string[] | undefined,
): Promise<Map<string, FlashEntry>> {
  let claimed = new Map<string, FlashEntry>()
  if (!unit.stored) return claimed
  const claim = (contents: Contents) => {
    const wanted = channels ?? [...contents.flash.keys()]
    claimed = new Map([...contents.flash].filter(([channel]) => wanted.includes(channel)))
    if (claimed.size === 0) return undefined
    const draft = new Draft(contents)
    for (const channel of claimed.keys()) draft.flash.delete(channel)
    return draft.toContents()
  }
  try {
    await updateStored(unit, claim)
    return await delivered(unit, claimed)
  } catch (error) {
    // A session that was ended elsewhere has no flash left to deliver.
    if (error instanceof SessionGoneError) return new Map()
    throw error
  }
}
