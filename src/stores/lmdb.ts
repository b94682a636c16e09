import { resolve } from 'node:path'
import type { RootDatabase } from 'lmdb'
import { SessionConfigError, StoreError } from '../core/errors.js'
import { checkOptions } from '../core/options/check.js'
import { collectInParts } from './collect.js'
import { missingLibrary, safeFailure } from './failure.js'
import { openFolder } from './lmdb/connection.js'
import { hashOf } from './lmdb/contents.js'
import { type LmdbStoreOptions, lmdbRule } from './lmdb/options.js'
import { openTables, type Tables } from './lmdb/tables.js'
import { openOnce } from './open-once.js'
import { pages } from './pages.js'
import type { FullStore, KeyedRecord, RecordChange, Revision, StoreCallOptions, StoreKey } from './port.js'

export type { LmdbDatabase, LmdbDbOptions, LmdbPathOptions, LmdbStoreOptions } from './lmdb/options.js'

/** What {@link lmdbStore} returns: a store with every power. `close` is final. */
export interface LmdbStore extends FullStore {
  close(): Promise<void>
}

/**
 * Keeps records in an LMDB environment, a memory-mapped file that the processes of one machine share. A read is a look
 * into memory; a write is one transaction, acknowledged when it is on the disk.
 *
 * @throws SessionConfigError `ERR_SESSION_CONFIG` when neither or both of `path` and `db` are given, or `name` is empty.
 * Calls reject with SessionError `ERR_SESSION_MISSING_LIBRARY` when `lmdb` is not installed, with StoreError
 * `ERR_SESSION_STORE` when a commit fails (a full disk) and after `close()`, and otherwise with the driver's own error. None holds a key or a byte of a session.
 * @example
 * const store = lmdbStore({ path: 'data/sessions' })
 */
export function lmdbStore(options: LmdbStoreOptions): LmdbStore {
  checkOptions('lmdbStore()', lmdbRule, options)
  const { path, db, name = 'sessions' } = options
  if ((path === undefined) === (db === undefined)) {
    throw new SessionConfigError(
      'lmdbStore: give either path (the store opens the folder) or db (what open of lmdb returned).',
    )
  }
  // Once and for all: a later chdir moves no session.
  const folder = path === undefined ? undefined : resolve(path)

  async function open() {
    if (folder === undefined) return { tables: openTables(db as unknown as RootDatabase, name), close: () => undefined }
    const { root, close } = await openFolder(folder)
    try {
      return { tables: openTables(root, name), close }
    } catch (error) {
      await close()
      throw error
    }
  }

  const connection = openOnce('lmdbStore', open, (opened) => opened.close())

  async function call<T>(
    options: StoreCallOptions | undefined,
    args: Record<string, unknown>,
    run: (tables: Tables) => T | Promise<T>,
  ): Promise<T> {
    try {
      return await run((await connection.get(options?.signal)).tables)
    } catch (error) {
      throw (
        missingLibrary(error, 'lmdbStore', 'lmdb@3') ??
        (await failedCommit(error)) ??
        safeFailure(error, args, 'LMDB database')
      )
    }
  }

  /** Every page is a read of its own: a long walk pins no old pages of the database. */
  function walk(subject: string | undefined, prefix: string): AsyncIterable<KeyedRecord> {
    const args = { prefix, ...(subject === undefined ? {} : { subject }) }
    return pages<{ readonly place: Buffer; readonly found: KeyedRecord | undefined }>(
      (last, limit) =>
        call(undefined, args, async (tables) => {
          await tables.refresh()
          return tables.places(subject, last?.place, limit).map((place) => {
            const head = tables.find(place)
            return { place, found: head?.key.startsWith(prefix) ? tables.whole({ place, head }) : undefined }
          })
        }),
      ({ found }) => found,
    )
  }

  return {
    guarantees: { atomicUpdate: true, durable: true, shared: true, revocable: true },

    read: (key, callOptions) =>
      call(callOptions, { key }, async (tables) => {
        await tables.refresh()
        const place = hashOf(key)
        const head = tables.find(place)
        return head && tables.whole({ place, head }).record
      }),

    create: (key, record, callOptions) => {
      const { args, bytes, place } = written(key, record)
      return call(callOptions, args, ({ write, find, put }) =>
        write(() => {
          if (find(place)) return 'exists'
          const { revision, expiresAt, subject } = record
          put({ place, head: { key, revision, expiresAt, subject } }, bytes, undefined)
          return 'ok'
        }),
      )
    },

    update: (key, change, expected, callOptions) => {
      const { args, bytes, place } = written(key, change, expected)
      return call(callOptions, args, ({ write, find, put }) =>
        write(() => {
          const old = find(place)
          if (!old) return 'gone'
          if (old.revision !== expected) return 'conflict'
          const { revision, subject } = change
          const expiresAt = change.expiresAt === 'keep' ? old.expiresAt : change.expiresAt
          put({ place, head: { key, revision, expiresAt, subject } }, bytes, old)
          return 'ok'
        }),
      )
    },

    touch: (key, expiresAt, seen, callOptions) =>
      call(callOptions, { key, seen }, ({ write, find, put }) =>
        write(() => {
          const place = hashOf(key)
          const old = find(place)
          if (!old) return 'gone'
          if (old.revision !== seen) return 'stale'
          put({ place, head: { ...old, expiresAt } }, undefined, old)
          return 'ok'
        }),
      ),

    destroy: (key, expected, callOptions) =>
      call(callOptions, { key, expected }, ({ write, find, remove }) =>
        write(() => {
          const place = hashOf(key)
          const old = find(place)
          if (!old) return 'gone'
          if (expected !== undefined && old.revision !== expected) return 'conflict'
          remove({ place, head: old })
          return 'ok'
        }),
      ),

    move: (from, to, record, expected, callOptions) => {
      const { args, bytes, place } = written(to, record, expected)
      return call(callOptions, { ...args, from }, ({ write, find, put, remove }) =>
        write(() => {
          const left = hashOf(from)
          const old = find(left)
          if (!old) return 'gone'
          if (old.revision !== expected || find(place)) return 'conflict'
          remove({ place: left, head: old })
          const { revision, expiresAt, subject } = record
          put({ place, head: { key: to, revision, expiresAt, subject } }, bytes, undefined)
          return 'ok'
        }),
      )
    },

    collectGarbage: (now, limit, callOptions) =>
      collectInParts(limit, collectAtOnce, callOptions, (most) =>
        call(callOptions, {}, ({ write, expired, find, remove }) =>
          write(() => {
            const places = expired(now, most)
            for (const place of places) {
              const head = find(place)
              if (head) remove({ place, head })
            }
            return places.length
          }),
        ),
      ),

    scan: (prefix) => walk(undefined, prefix),
    bySubject: (subject) => walk(subject, ''),
    close: () => connection.close(),
  }
}

/** A transaction of so many blocks for about 5 ms. */
const collectAtOnce = 100

/** A failed commit hides its reason in a promise, which would else end the process as a rejection that nobody handles. */
async function failedCommit(error: unknown): Promise<StoreError | undefined> {
  if (!(error instanceof Error) || !('commitError' in error)) return undefined
  const reason: unknown = await Promise.resolve(error.commitError).catch((thrown: unknown) => thrown)
  // LMDB's reason is a text of the system, without data. A full disk is a short write to it: "Input/output error".
  const why = reason instanceof Error ? reason.message : 'no reason given'
  return new StoreError(
    `The LMDB database could not commit (${why}); nothing was written. The disk is full, read-only or failing.`,
  )
}

// The bytes are copied before the first await: the caller may reuse its array as soon as the call returns.
function written(key: StoreKey, { bytes, revision, subject }: Omit<RecordChange, 'expiresAt'>, expected?: Revision) {
  const copy = new Uint8Array(bytes)
  return { args: { key, bytes: copy, revision, subject, expected }, bytes: copy, place: hashOf(key) }
}
