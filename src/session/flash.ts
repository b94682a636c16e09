import { copyValue } from '../core/value.js'
import type {
  FlashData,
  FlashItem,
  FlashKey,
  FlashListKey,
  FlashValue,
  NoFlash,
  SessionSchema,
} from '../schema/types.js'
import { assertReadable, assertWritable, handOut, knownKey, record } from './access.js'
import { refuseAssignment } from './assignment.js'
import { replay } from './changes.js'
import { type Draft, type FlashEntry, NONE } from './contents.js'
import type { Engine } from './engine.js'
import { claimFlash, join, putInFront, toFlashEntry } from './flash-claim.js'
import { inTurn, type SessionState } from './state.js'

/** Values for the next response that shows them: each is delivered exactly once, or waits. */
export class Flash<F extends SessionSchema | NoFlash> {
  readonly #engine: Engine
  readonly #state: SessionState

  constructor(engine: Engine, state: SessionState) {
    this.#engine = engine
    this.#state = state
  }

  /** Queues a value; a waiting one of the same channel is replaced. Stored at commit. @throws SessionValidationError */
  set<K extends FlashKey<F>>(key: K, value: FlashValue<F, K>): void {
    const entry = this.#entry(key, value, 'flash.set')
    record(this.#state, { kind: 'flash', key, apply: (draft) => queue(draft, key, entry) })
  }

  /** Appends an item to a channel that holds a list. Stored at commit. @throws SessionValidationError, also when the list gets too long for its channel */
  add<K extends FlashListKey<F>>(key: K, item: FlashItem<F, K>): void {
    const entry = this.#entry(key, [item], 'flash.add')
    record(this.#state, {
      kind: 'flash',
      key,
      apply: (draft) => {
        const waiting = draft.flash.get(key)
        queue(draft, key, (waiting && join(this.#engine, key, waiting, entry)) ?? entry)
      },
    })
  }

  /** A value for this request alone: `take` and `peek` see it, the store never does. @throws SessionValidationError */
  now<K extends FlashKey<F>>(key: K, value: FlashValue<F, K>): void {
    assertReadable(this.#engine, this.#state)
    const { value: own } = toFlashEntry(this.#engine, key, value, this.#engine.clock())
    this.#state.momentary ??= new Map()
    this.#state.momentary.set(key, own)
  }

  /** Whether a value waits. */
  has(key: FlashKey<F>): boolean {
    this.#model(key)
    assertReadable(this.#engine, this.#state)
    return this.#state.momentary?.has(key) || this.#waiting().has(key)
  }

  /** The waiting value, which keeps waiting. */
  peek<K extends FlashKey<F>>(key: K): FlashValue<F, K> | undefined {
    this.#model(key)
    assertReadable(this.#engine, this.#state)
    const { momentary } = this.#state
    const { types } = this.#engine
    return (momentary?.has(key) ? copyValue(momentary.get(key), types) : handOut(this.#waiting().get(key), types)) as
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
    const { momentary } = this.#state
    if (momentary?.has(key)) {
      const value = momentary.get(key)
      momentary.delete(key)
      return value as FlashValue<F, K>
    }
    if (!this.#waiting().has(key) || !this.#state.lookedAt()) return undefined
    const taken = await this.#claim(`flash.take('${key}')`, [key])
    return handOut(taken.get(key), this.#engine.types) as FlashValue<F, K> | undefined
  }

  /** Takes every waiting value in one step, as `take` does. @throws StoreError */
  async takeAll(): Promise<FlashData<F>> {
    this.#assertTakeable('flash.takeAll()')
    const { momentary, view } = this.#state
    const waiting = this.#waiting()
    // What `now` hides keeps waiting.
    const hidden = new Map(momentary)
    const all = hidden.size === 0 && waiting === view.flash
    const channels = all ? undefined : [...waiting.keys()].filter((key) => !hidden.has(key))
    const taken = waiting.size > 0 && this.#state.lookedAt() ? await this.#claim('flash.takeAll()', channels) : NONE
    // Meanwhile the app may have queued more for this request, or taken some.
    const own = [...hidden].filter(([key, value]) => momentary?.get(key) === value)
    for (const [key] of own) momentary?.delete(key)
    const values = [...taken].map(([key, entry]) => [key, handOut(entry, this.#engine.types)] as const)
    return Object.fromEntries([...values, ...own]) as FlashData<F>
  }

  /** Queues a value that `take` returned in this request once more, as if it were new. Stored at commit. */
  keep(key: FlashKey<F>): void {
    this.#model(key)
    assertWritable(this.#engine, this.#state, `flash.keep('${key}')`)
    const delivered = this.#state.delivered?.get(key)
    if (!delivered) return
    this.#state.delivered?.delete(key)
    const entry = { ...delivered, at: this.#engine.clock() }
    record(this.#state, {
      kind: 'flash',
      key,
      returns: key,
      apply: (draft) => queue(draft, key, putInFront(this.#engine, key, entry, draft.flash.get(key))),
    })
  }

  /** Removes a waiting value, or all of them. Stored at commit. */
  clear(key?: FlashKey<F>): void {
    assertWritable(this.#engine, this.#state, 'flash.clear()')
    if (key === undefined) {
      this.#state.momentary?.clear()
      record(this.#state, { kind: 'flash', key: undefined, apply: clearAll })
      return
    }
    this.#model(key)
    this.#state.momentary?.delete(key)
    record(this.#state, { kind: 'flash', key, apply: (draft) => clearOne(draft, key) })
  }

  /**
   * What waits, as far as it is for this request. With `next-request` it had everything at its beginning: what others queue
   * meanwhile, and a conflict shows, is for the next one, which takes it unasked.
   */
  #waiting(): ReadonlyMap<string, FlashEntry> {
    const { view, log, phase, lookedAt } = this.#state
    const swept = this.#engine.policy.flashMode === 'next-request' && phase !== 'readonly'
    if (!swept || view.flash.size === 0 || !lookedAt()) return view.flash
    const own = log.filter(({ kind }) => kind === 'flash')
    return replay({ ...view, flash: new Map() }, own).flash
  }

  /** What this request has begun before may have ended the session, or found it ended. */
  #claim(what: string, channels: readonly string[] | undefined): Promise<ReadonlyMap<string, FlashEntry>> {
    return inTurn(this.#state, async () => {
      assertWritable(this.#engine, this.#state, what)
      return this.#state.phase === 'gone' ? NONE : claimFlash(this.#engine, this.#state, channels)
    })
  }

  /** While the store is out the session reads as empty, so nothing waits in it. */
  #assertTakeable(what: string): void {
    if (this.#state.phase !== 'outage') assertWritable(this.#engine, this.#state, what)
  }

  #entry(key: string, value: unknown, what: string): FlashEntry {
    this.#model(key)
    assertWritable(this.#engine, this.#state, `${what}('${key}')`)
    return toFlashEntry(this.#engine, key, value, this.#engine.clock())
  }

  #model(key: string) {
    return knownKey(this.#engine.flashSchema, key, `The flash of session \`${this.#engine.name}\``)
  }
}

/** The class of one definition's flash: assigning to a channel, as in `session.flash.notice = 'Saved'`, throws. */
export function flashClassOf<F extends SessionSchema | NoFlash>(engine: Engine): typeof Flash<F> {
  class FlashOf extends Flash<F> {
    constructor(...given: ConstructorParameters<typeof Flash<F>>) {
      super(...given)
      Object.freeze(this)
    }
  }
  if (engine.flashSchema) refuseAssignment(FlashOf.prototype, engine.flashSchema, 'session.flash.', 'session.flash.set')
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
