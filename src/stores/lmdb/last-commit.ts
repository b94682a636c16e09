import { closeSync, openSync, readSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { RootDatabase } from 'lmdb'
import { StoreError } from '../../core/errors.js'

/**
 * Which transaction was the last one, in an environment that other processes may open at any time.
 *
 * A process that opens an environment writes the number of the last commit into the lock file as it read it a moment before,
 * without the writers' lock (`mdb_env_open2` of lmdb 3). What others have committed in between is hidden then: readers do not
 * see it, and the next writer would overwrite it. The commits themselves are whole, so the number can be put right.
 */
export interface LastCommit {
  /** Whether the lock file tells of an older commit than the newest one. So it is for a moment within each commit, too. */
  readonly isHidden: () => boolean
  /** Within a write transaction, before it changes anything: puts the number right if this transaction began with an older one. */
  readonly restore: () => boolean
}

/** What `lmdb` keeps to itself. */
interface Internals {
  readonly path: string
  readonly env: { readonly info: () => { readonly lastTxnId: number } }
}

const opened = new WeakMap<RootDatabase, { readonly last: LastCommit; readonly file: number }>()

export function lastCommitOf(root: RootDatabase): LastCommit {
  const found = opened.get(root) ?? openLastCommit(root)
  opened.set(root, found)
  return found.last
}

/** Only after the environment itself: closing the lock file earlier would drop the locks that this process holds on it. */
export function closeLastCommit(root: RootDatabase): void {
  const found = opened.get(root)
  if (found) closeSync(found.file)
  opened.delete(root)
}

function openLastCommit(root: RootDatabase): { last: LastCommit; file: number } {
  const { path, env } = root as unknown as Internals
  const file = openLockFile(path)
  const newest = () => env.info().lastTxnId
  const last: LastCommit = {
    isHidden: () => readNumber(file) < newest(),
    restore() {
      const last = newest()
      if (last < root.getWriteTxnId()) return false
      writeNumber(file, last)
      return true
    },
  }
  return { last, file }
}

// The first words of a lock file (`MDB_txbody` in LMDB's mdb.c): a magic number, its format, the last commit.
const magic = 0xbeefc0de
const numberAt = 8

function openLockFile(path: string): number {
  const file = openSync(statSync(path).isDirectory() ? join(path, 'lock.mdb') : `${path}-lock`, 'r+')
  const head = new DataView(new ArrayBuffer(4))
  readSync(file, head, 0, 4, 0)
  if (head.getUint32(0, littleEndian) !== magic)
    throw new StoreError(
      'lmdbStore cannot read the lock file of its environment. Use it with lmdb 3, which writes LMDB\u2019s own.',
    )
  return file
}

const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1
const word = new DataView(new ArrayBuffer(8))

function readNumber(file: number): number {
  readSync(file, word, 0, 8, numberAt)
  return Number(word.getBigUint64(0, littleEndian))
}

function writeNumber(file: number, value: number): void {
  word.setBigUint64(0, BigInt(value), littleEndian)
  writeSync(file, word, 0, 8, numberAt)
}
