import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { Revision, SessionStore, StoredRecord, StoreKey } from '../../stores/port.js'

/** How a process of its own opens the store under test. */
export interface ProcessesUnderTest {
  /**
   * A module that Node.js runs as it is, with an export `openStore(...args)` that gives a store, or a promise of one, over the
   * same records: its `file:` URL or absolute path.
   */
  readonly module: URL | string
  /** What `openStore` is called with: an address, a path. */
  readonly args: readonly string[]
}

/** A fresh store for one law, and the ways around it that some laws need. */
export interface StoreUnderTest {
  /** The store. */
  readonly store: SessionStore
  /** Another connection to the same records, as another process would have. Closed by `dispose`. */
  readonly second?: () => Promise<SessionStore>
  /** Closes `store` and opens the same records again. Closed by `dispose`. */
  readonly reopen?: () => Promise<SessionStore>
  /** For the laws on several processes: each opens the same records for itself, and closes what it opened. */
  readonly processes?: ProcessesUnderTest
  /** Closes what was opened and removes the records. Called after every law, failed ones too. */
  readonly dispose: () => Promise<void>
}

/** Makes a fresh store for one law, empty or with records that no other call of it sees. */
export type MakeStore = () => Promise<StoreUnderTest>
export type Law = (made: StoreUnderTest) => Promise<void>

/** A moment well ahead of every real clock that a backend may own. In milliseconds since the Unix epoch. */
export const future = Date.now() + 3 * 24 * 3600 * 1000

export const keyOf = (text: string) => text as StoreKey
export const newRevision = () => randomUUID() as Revision
export const bytesOf = (text: string) => new TextEncoder().encode(text)

export function recordOf(content: string | Uint8Array, more: Partial<StoredRecord> = {}): StoredRecord {
  return {
    bytes: typeof content === 'string' ? bytesOf(content) : content,
    revision: newRevision(),
    expiresAt: future,
    ...more,
  }
}

/** Asserts that exactly `expected` is stored under `key`. */
export async function assertStored(
  store: SessionStore,
  key: StoreKey,
  expected: StoredRecord | undefined,
): Promise<void> {
  const stored = await store.read(key)
  if (!stored || !expected) return assert.equal(stored, expected)
  const { bytes, ...rest } = stored
  const { bytes: expectedBytes, ...expectedRest } = expected
  assert.deepEqual(rest, expectedRest)
  assertSameBytes(bytes, expectedBytes)
}

export function assertSameBytes(actual: Uint8Array, expected: Uint8Array): void {
  assert.equal(Object.getPrototypeOf(actual), Uint8Array.prototype, 'bytes are a plain Uint8Array')
  assert.equal(actual.length, expected.length, 'as many bytes as were written')
  assert.equal(Buffer.compare(actual, expected), 0, 'the very bytes that were written')
}

/** `what`, or a failure that says how to state its absence. */
export function needed<T>(what: T | undefined | false, name: string): T {
  if (what === undefined || what === false) {
    assert.fail(`This law needs ${name}. If the store cannot have it, exempt the law and give the reason.`)
  }
  return what
}
