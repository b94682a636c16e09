import type { FlashEntry } from '../record/contents.js'

const NONE: ReadonlyMap<string, never> = new Map<string, never>()

/** The flash that one request has in hand, by channel. */
export class FlashInHand {
  #taken: Map<string, FlashEntry> | undefined
  #delivered: Map<string, FlashEntry> | undefined
  #momentary: Map<string, unknown> | undefined

  /** Claimed from the store: put back if the response ends in a 5xx. */
  get taken(): ReadonlyMap<string, FlashEntry> {
    return this.#taken ?? NONE
  }

  /** Everything that `take` returned, so that `keep` can queue it again. */
  get delivered(): ReadonlyMap<string, FlashEntry> {
    return this.#delivered ?? NONE
  }

  /** For this request only; the store never sees it. */
  get momentary(): ReadonlyMap<string, unknown> {
    return this.#momentary ?? NONE
  }

  /** What is in hand after another claim. */
  claimed(taken: Map<string, FlashEntry>, delivered: Map<string, FlashEntry>): void {
    this.#taken = taken
    this.#delivered = delivered
  }

  /** It waits in the store again. */
  returned(channel: string): void {
    this.#taken?.delete(channel)
  }

  /** All of it goes back to the store. */
  returnedAll(): void {
    this.#taken = undefined
  }

  /** Gives what `take` returned to `keep`, once. */
  queueAgain(channel: string): FlashEntry | undefined {
    const entry = this.#delivered?.get(channel)
    this.#delivered?.delete(channel)
    return entry
  }

  show(channel: string, value: unknown): void {
    this.#momentary ??= new Map()
    this.#momentary.set(channel, value)
  }

  hide(channel: string): void {
    this.#momentary?.delete(channel)
  }

  hideAll(): void {
    this.#momentary?.clear()
  }
}
