import { createHash } from 'node:crypto'
import { StoreError } from '../core/errors.js'
import { inTurnByKey } from '../core/in-turn.js'
import { checkOptions } from '../core/options/check.js'

import { createPace } from '../core/pace.js'
import { describeNoun } from '../core/shape.js'
import { withOwnBytes } from './copy.js'
import { bareError, safeFailure } from './failure.js'

import type {
  Collectable,
  KeyedRecord,
  RecordChange,
  Scannable,
  SessionStore,
  StoreCallOptions,
  StoredRecord,
  StoreKey,
} from './port.js'
import { damaged, fromItem, type Item, toItem } from './unstorage/item.js'
import { type UnstorageStoreOptions, unstorageRule } from './unstorage/options.js'

export type { UnstorageStorage, UnstorageStoreOptions } from './unstorage/options.js'

/** What {@link unstorageStore} returns. */
export interface UnstorageStore extends SessionStore, Collectable, Scannable {}

/**
 * Keeps records in any driver of unstorage: what Nitro has mounted, or your own.
 *
 * unstorage cannot compare and write in one step. Within this process the store makes up for it, one call after the other for
 * each record. Between processes nothing does: an update may be lost, and a session that was ended may come back. It
 * promises none of the guarantees, and a definition takes it only with `acceptLostUpdates`.
 *
 * `read` and `create` take one or two calls of the driver, the others up to three, and the first write one more. `scan` and `collectGarbage` list all keys
 * and read every record.
 *
 * @throws SessionConfigError `ERR_SESSION_CONFIG` for a base that cannot be used and for what is no storage.
 * Calls reject with StoreError `ERR_SESSION_STORE`, or with the driver's own name, code and message; never with a key or a
 * byte of a session.
 * @example
 * const store = () => unstorageStore({ storage: useStorage('sessions'), acceptLostUpdates: true })
 */
export function unstorageStore(options: UnstorageStoreOptions): UnstorageStore {
  checkOptions('unstorageStore()', unstorageRule, options)
  const { base = 'sessions', acceptLostUpdates = false, checkWrites = true } = options
  const items = options.storage as Items

  async function call<T>(args: Record<string, unknown>, run: () => Promise<T>): Promise<T> {
    try {
      return await run()
    } catch (error) {
      if (error instanceof Error) throw safeFailure(bareError(error), args, 'storage')
      throw new StoreError(
        `The driver of the storage threw ${describeNoun(error)} in place of an error, so there is no reason to show.`,
      )
    }
  }

  // Drivers fold case, cut keys at `?` and take `..` and `/` for folders: a hash in hex passes all of them.
  const isOurs = new RegExp(`^${base}:[0-9a-f]{64}$`)
  const placeOf = (key: StoreKey) => `${base}:${createHash('sha256').update(key).digest('hex')}`

  async function find(key: StoreKey): Promise<StoredRecord | undefined> {
    const found = fromItem(await items.getItem(placeOf(key)))
    return found && (found.key === key ? found.record : damaged)
  }

  async function remove(place: string): Promise<void> {
    await items.removeItem(place)
    // The drivers for files answer a failed removal as if it were done: a logout that was none.
    if (checkWrites && fromItem(await items.getItem(place))) {
      throw new StoreError('The storage still holds a record that it was told to remove. See whether it is read-only.')
    }
  }

  /** One after the other for each key; `run` gets what is stored. */
  function exclusive<T>(
    options: StoreCallOptions | undefined,
    key: StoreKey,
    args: Record<string, unknown>,
    run: (held: StoredRecord | undefined) => Promise<T>,
  ): Promise<T> {
    const turn = async () => {
      options?.signal?.throwIfAborted()
      const held = await find(key)
      // Nothing compares when a late write arrives, so it must not leave.
      options?.signal?.throwIfAborted()
      return run(held)
    }
    return call({ key, ...args }, () => inTurn(placeOf(key), turn))
  }

  let holds = !checkWrites

  async function put(key: StoreKey, record: RecordChange, expiresAt: number): Promise<void> {
    await items.setItem(placeOf(key), toItem(key, record, expiresAt))
    if (holds) return
    // unstorage answers a write as if it were done by a driver that cannot write. Looked at until one is found.
    const found = fromItem(await items.getItem(placeOf(key)))
    if (found?.key !== key || found.record.revision !== record.revision) {
      throw new StoreError(
        'The storage does not hold a record that it was told to write. See whether its driver is read-only, cuts long values, or reads late (`checkWrites: false`).',
      )
    }
    holds = true
  }

  /** In small batches, so that a large storage is not read all at once. */
  async function* walk(): AsyncIterable<KeyedRecord> {
    const places = await call({}, () => items.getKeys(base))
    const ours = places.filter((place) => isOurs.test(place))
    const pace = createPace()
    for (let start = 0; start < ours.length; start += batchSize) {
      const batch = ours.slice(start, start + batchSize)
      const found = await call({}, () =>
        Promise.all(batch.map((place) => inTurn(place, async () => fromItem(await items.getItem(place))))),
      )
      for (const { key, record } of found.filter((each) => each !== undefined)) {
        if (key !== undefined) yield { key, record }
        // A driver in memory returns at once, so nothing else here would yield to the event loop.
        await pace()
      }
    }
  }

  return {
    guarantees: {
      ...{ atomicUpdate: false, durable: false, shared: false, revocable: false },
      ...(acceptLostUpdates && { accepted: ['atomicUpdate', 'revocable'] }),
    },

    // In the queue too: a driver that writes in place shows half a write to whoever reads meanwhile.
    read: (key, callOptions) => exclusive(callOptions, key, {}, async (held) => held),

    create(key, record, callOptions) {
      const own = withOwnBytes(record)
      return exclusive(callOptions, key, { ...own }, async (held) => {
        if (held) return 'exists'
        await put(key, own, record.expiresAt)
        return 'ok'
      })
    },

    update(key, change, expected, callOptions) {
      const own = withOwnBytes(change)
      return exclusive(callOptions, key, { ...own, expected }, async (held) => {
        if (!held) return 'gone'
        if (held.revision !== expected) return 'conflict'
        await put(key, own, own.expiresAt === 'keep' ? held.expiresAt : own.expiresAt)
        return 'ok'
      })
    },

    touch: (key, expiresAt, seen, callOptions) =>
      exclusive(callOptions, key, { seen }, async (held) => {
        if (!held) return 'gone'
        if (held.revision !== seen) return 'stale'
        await put(key, held, expiresAt)
        return 'ok'
      }),

    destroy: (key, expected, callOptions) =>
      exclusive(callOptions, key, { expected }, async (held) => {
        if (!held) return 'gone'
        if (expected !== undefined && held.revision !== expected) return 'conflict'
        await remove(placeOf(key))
        return 'ok'
      }),

    async collectGarbage(now, limit, callOptions) {
      let deleted = 0
      for await (const { key, record } of walk()) {
        if (deleted >= limit) break
        if (record.expiresAt > now) continue
        // It may have been touched, or collected by another, since it was looked at.
        const removed = await exclusive(callOptions, key, {}, async (held) => {
          if (!held || held.expiresAt > now) return false
          await remove(placeOf(key))
          return true
        })
        if (removed) deleted++
      }
      return deleted
    },

    async *scan(prefix): AsyncIterable<KeyedRecord> {
      for await (const { key, record } of walk()) if (key.startsWith(prefix)) yield { key, record }
    },
  }
}

/**
 * Whichever store of this process asks: Nitro makes a new storage object for each `useStorage()`, so a queue for each object
 * would not do.
 */
const inTurn = inTurnByKey<string>()

const batchSize = 32

interface Items {
  getItem(place: string): Promise<unknown>
  setItem(place: string, item: Item): Promise<void>
  removeItem(place: string): Promise<void>
  getKeys(base: string): Promise<string[]>
}
