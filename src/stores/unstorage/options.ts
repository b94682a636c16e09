import { flag, group, made, text } from '../../core/options/rule.js'
import { ttl } from '../option-names.js'

type Method = (...args: never[]) => unknown

/** What `createStorage()`, `prefixStorage()` and Nitro's `useStorage()` return. Described by its methods. */
export interface UnstorageStorage {
  readonly getItem: Method
  readonly setItem: Method
  readonly removeItem: Method
  readonly getKeys: Method
}

/** Options of `unstorageStore`. */
export interface UnstorageStoreOptions {
  /** A storage of yours; it stays yours to dispose. */
  readonly storage: UnstorageStorage
  /**
   * The part of the storage to use: words of small letters, digits, `_` and `-`, with `:` between.
   * @default 'sessions'
   */
  readonly base?: string | undefined
  /**
   * Consent to what unstorage cannot do: requests on several servers may lose a change or undo a logout, and drivers that cache
   * may open a session that has ended. Without it definitions refuse the store. @default false
   */
  readonly acceptLostUpdates?: boolean | undefined
  /**
   * Whether `destroy` looks if the record is gone, and the first write if it is there, and fail when not: several drivers
   * swallow a failed removal, and those that cannot write a write. False for drivers whose reads lag behind, such as Cloudflare KV.
   * @default true
   */
  readonly checkWrites?: boolean | undefined
}

export const unstorageRule = group<UnstorageStoreOptions>(
  {
    storage: made('a storage that `createStorage()` or `useStorage()` returned, not a driver', [
      'getItem',
      'setItem',
      'removeItem',
      'getKeys',
    ]),
    base: text('words of small letters, digits, _ and -, with : between', (base) =>
      /^[a-z0-9_-]+(:[a-z0-9_-]+)*$/.test(base),
    ),
    acceptLostUpdates: flag,
    checkWrites: flag,
  },
  { ttl, prefix: 'ours is `base`', driver: 'ours is `storage`, such as `createStorage({ driver })`' },
  ['storage'],
)
