import { copyValue } from '../../core/value.js'
import type {
  FlashData,
  FlashItem,
  FlashKey,
  FlashListKey,
  FlashValue,
  NoFlash,
  SessionSchema,
} from '../../schema/types.js'
import type { DefinitionRuntime } from '../definition/runtime.js'
import { replay } from '../record/changes.js'
import { type FlashEntry, NONE } from '../record/contents.js'
import type { Draft } from '../record/draft.js'
import { claimFlash, join, putInFront, toFlashEntry } from '../request/flash-claim.js'
import { assertReadable, assertWritable, knownKey } from '../request/guard.js'
import { handOut } from '../request/hand-out.js'
import type { UnitOfWork } from '../request/unit-of-work.js'
import { refuseAssignment } from './assignment.js'

/** Values for the next response that shows them: each is delivered exactly once, or waits. */
export class Flash<F extends SessionSchema | NoFlash> {
  readonly #unit: UnitOfWork

  constructor(unit: UnitOfWork) {
    this.#unit = unit
  }

  /** Queues a value; a waiting one of the same channel is replaced. Stored at commit. @throws SessionValidationError */
  set<K extends FlashKey<F>>(key: K, value: FlashValue<F, K>): void {
    const entry = this.#entry(key, value, 'flash.set')
    this.#unit.change({ kind: 'flash', key, apply: (draft) => queue(draft, key, entry) })
  }

  /** Appends an item to a channel that holds a list. Stored at commit. @throws SessionValidationError, also when the list gets too long for its channel */
  add<K extends FlashListKey<F>>(key: K, item: FlashItem<F, K>): void {
    const entry = this.#entry(key, [item], 'flash.add')
    this.#unit.change({
      kind: 'flash',
      key,
      apply: (draft) => {
        const waiting = draft.flash.get(key)
        queue(draft, key, (waiting && join(this.#unit.runtime, key, waiting, entry)) ?? entry)
      },
    })
  }

  /** A value for this request alone: `take` and `peek` see it, the store never does. @throws SessionValidationError */
  now<K extends FlashKey<F>>(key: K, value: FlashValue<F, K>): void {
    assertReadable(this.#unit)
    const { value: own } = toFlashEntry(this.#unit.runtime, key, value, this.#unit.runtime.clock())
    this.#unit.flash.show(key, own)
  }

  /** Whether a value waits. */
  has(key: FlashKey<F>): boolean {
    this.#model(key)
    assertReadable(this.#unit)
    return this.#unit.flash.momentary.has(key) || this.#waiting().has(key)
  }

  /** The waiting value, which keeps waiting. */
  peek<K extends FlashKey<F>>(key: K): FlashValue<F, K> | undefined {
    this.#model(key)
    assertReadable(this.#unit)
    const { momentary } = this.#unit.flash
    const { types } = this.#unit.runtime
    return (momentary.has(key) ? copyValue(momentary.get(key), types) : handOut(this.#waiting().get(key), types)) as
      | FlashValue<F, K>
      | undefined
  }

  /**
   * Returns the waiting value and removes it from the store before anyone sees it: of any number of parallel requests exactly
   * one gets it. If this response ends in a 5xx, the value is put back. A request that nobody looks at (fetched ahead, an asset of
   * a page, HEAD) gets undefined, and the value waits. @throws StoreError
   */
  async take<K extends FlashKey<F>>(key: K): Promise<FlashValue<F, K> | undefined> {
    this.#model(key)
    this.#assertTakeable(`flash.take('${key}')`)
    const { momentary } = this.#unit.flash
    if (momentary.has(key)) {
      const value = momentary.get(key)
      this.#unit.flash.hide(key)
      return value as FlashValue<F, K>
    }
    if (!this.#waiting().has(key) || !this.#unit.isReader()) return undefined
    const taken = await this.#claim(`flash.take('${key}')`, [key])
    return handOut(taken.get(key), this.#unit.runtime.types) as FlashValue<F, K> | undefined
  }

  /** Takes every waiting value in one step, as `take` does. @throws StoreError */
  async takeAll(): Promise<FlashData<F>> {
    this.#assertTakeable('flash.takeAll()')
    const { view, flash, isReader, runtime } = this.#unit
    const waiting = this.#waiting()
    // What `now` hides keeps waiting.
    const hidden = new Map(flash.momentary)
    const all = hidden.size === 0 && waiting === view.flash
    const channels = all ? undefined : [...waiting.keys()].filter((key) => !hidden.has(key))
    const taken = waiting.size > 0 && isReader() ? await this.#claim('flash.takeAll()', channels) : NONE
    // Meanwhile the app may have queued more for this request, or taken some.
    const own = [...hidden].filter(([key, value]) => flash.momentary.get(key) === value)
    for (const [key] of own) flash.hide(key)
    const values = [...taken].map(([key, entry]) => [key, handOut(entry, runtime.types)] as const)
    return Object.fromEntries([...values, ...own]) as FlashData<F>
  }

  /** Queues a value that `take` returned in this request once more, as if it were new. Stored at commit. */
  keep(key: FlashKey<F>): void {
    this.#model(key)
    assertWritable(this.#unit, `flash.keep('${key}')`)
    const delivered = this.#unit.flash.queueAgain(key)
    if (!delivered) return
    const entry = { ...delivered, at: this.#unit.runtime.clock() }
    this.#unit.change({
      kind: 'flash',
      key,
      returns: key,
      apply: (draft) => queue(draft, key, putInFront(this.#unit.runtime, key, entry, draft.flash.get(key))),
    })
  }

  /** Removes a waiting value, or all of them. Stored at commit. */
  clear(key?: FlashKey<F>): void {
    assertWritable(this.#unit, 'flash.clear()')
    if (key === undefined) {
      this.#unit.flash.hideAll()
      this.#unit.change({ kind: 'flash', key: undefined, apply: clearAll })
      return
    }
    this.#model(key)
    this.#unit.flash.hide(key)
    this.#unit.change({ kind: 'flash', key, apply: (draft) => clearOne(draft, key) })
  }

  /**
   * What waits, as far as it is for this request. With `next-request` it had everything at its beginning: what others queue
   * meanwhile, and a conflict shows, is for the next one, which takes it unasked.
   */
  #waiting(): ReadonlyMap<string, FlashEntry> {
    const { view, log, phase, isReader, runtime } = this.#unit
    const swept = runtime.policies.sweepsFlash && phase !== 'readonly'
    if (!swept || view.flash.size === 0 || !isReader()) return view.flash
    const own = log.filter(({ kind }) => kind === 'flash')
    return replay({ ...view, flash: new Map() }, own).flash
  }

  /** What this request has begun before may have ended the session, or found it ended. */
  #claim(what: string, channels: readonly string[] | undefined): Promise<ReadonlyMap<string, FlashEntry>> {
    return this.#unit.calls.inTurn(async () => {
      assertWritable(this.#unit, what)
      return this.#unit.phase === 'gone' ? NONE : claimFlash(this.#unit, channels)
    })
  }

  /** While the store is out the session reads as empty, so nothing waits in it. */
  #assertTakeable(what: string): void {
    if (this.#unit.phase !== 'outage') assertWritable(this.#unit, what)
  }

  #entry(key: string, value: unknown, what: string): FlashEntry {
    this.#model(key)
    assertWritable(this.#unit, `${what}('${key}')`)
    return toFlashEntry(this.#unit.runtime, key, value, this.#unit.runtime.clock())
  }

  #model(key: string) {
    return knownKey(this.#unit.runtime.flashSchema, key, `The flash of session \`${this.#unit.runtime.name}\``)
  }
}

/** The class of one definition's flash: assigning to a channel, as in `session.flash.notice = 'Saved'`, throws. */
export function flashClassOf<F extends SessionSchema | NoFlash>(runtime: DefinitionRuntime): typeof Flash<F> {
  class FlashOf extends Flash<F> {
    constructor(unit: UnitOfWork) {
      super(unit)
      Object.freeze(this)
    }
  }
  if (runtime.flashSchema)
    refuseAssignment(FlashOf.prototype, runtime.flashSchema, 'session.flash.', 'session.flash.set')
  return FlashOf
}

/** Replaces what waits, also in a form that this code cannot read. */
function queue(draft: Draft, key: string, entry: FlashEntry): void {
  draft.flash.set(key, entry)
  draft.carriedFlash.delete(key)
}

function clearOne(draft: Draft, key: string): void {
  draft.flash.delete(key)
  draft.carriedFlash.delete(key)
}

function clearAll(draft: Draft): void {
  draft.flash.clear()
  draft.carriedFlash.clear()
}
