import type { StoreKey } from '../../stores/port.js'

const SLOTS = 8192
/** Of a key, whose end is a hash: enough to tell one from another. */
const CHARACTERS = 8

/**
 * Which keys were met lately, in a table that never grows: a key takes the place of the one before it. A key that was not met
 * is taken for one that was once in four billion times, which costs nothing but memory.
 */
export class SeenKeys {
  #slots: Uint32Array | undefined

  /** Whether the key was met before. From now on it was. */
  again(key: StoreKey): boolean {
    this.#slots ??= new Uint32Array(SLOTS)
    let print = 0
    for (let i = key.length - CHARACTERS; i < key.length; i++) print = (Math.imul(print, 31) + key.charCodeAt(i)) >>> 0
    const slot = print % SLOTS
    if (this.#slots[slot] === print) return true
    this.#slots[slot] = print
    return false
  }
}
