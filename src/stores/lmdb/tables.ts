import type { Database, RootDatabase } from 'lmdb'
import { memoryOf } from '../../core/bytes.js'
import { StoreError } from '../../core/errors.js'
import type { KeyedRecord, StoredRecord } from '../port.js'
import { decodeHead, encodeHead, type Head, hashOf, sortable } from './contents.js'
import { lastCommitOf } from './last-commit.js'

type Table = Database<Buffer, Buffer>

/** A record as it is stored: its place (the hash of its key) and its head. */
export interface Found {
  readonly place: Buffer
  readonly head: Head
}

/** The four tables of a store. What changes them runs in `write`, in one transaction. */
export interface Tables {
  /** Runs `change` alone, between all processes, on what is stored now. Resolves when the outcome is on the disk. */
  readonly write: <T>(change: () => T) => Promise<T>
  readonly find: (place: Buffer) => Head | undefined
  /** The record with a copy of its bytes: what LMDB hands out may be a window on its memory map. */
  readonly whole: (found: Found) => KeyedRecord
  readonly put: (next: Found, bytes: Uint8Array | undefined, old: Head | undefined) => void
  readonly remove: (old: Found) => void
  /** At most `limit` places whose deadline is `now` or earlier. */
  readonly expired: (now: number, limit: number) => Buffer[]
  /** The next `limit` places, of one subject or of all, after the place `after`. */
  readonly places: (subject: string | undefined, after: Buffer | undefined, limit: number) => Buffer[]
  /** What other processes have written by now is seen from here on. */
  readonly refresh: () => Promise<void>
}

const entry = Buffer.from([1])
const lastPlace = Buffer.alloc(32, 0xff)

const hidden = Symbol('the transaction began with an older commit than the last')

/** Each time another process must have opened the environment just then. */
const MAX_ATTEMPTS = 100

export function openTables(root: RootDatabase, name: string): Tables {
  const last = lastCommitOf(root)
  const table = (part: string): Table =>
    root.openDB(`${name}.${part}`, { encoding: 'binary', keyEncoding: 'binary', cache: false, useVersions: false })
  const { heads, bodies, deadlines, subjects } = openAll()

  function openAll() {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const tables = root.transactionSync(() =>
        last.restore()
          ? hidden
          : {
              heads: table('heads'),
              bodies: table('bodies'),
              deadlines: table('deadlines'),
              subjects: table('subjects'),
            },
      )
      if (tables !== hidden) return tables
    }
    throw tooManyOpeners()
  }

  async function write<T>(change: () => T): Promise<T> {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      // A child transaction: a change that fails halfway leaves nothing behind in the batch that it is part of.
      const outcome = await heads.childTransaction(() => (last.restore() ? hidden : change()))
      if (outcome !== hidden) return outcome
    }
    throw tooManyOpeners()
  }

  function unindex({ place, head }: Found) {
    deadlines.removeSync(deadlineKey(place, head))
    if (head.subject !== undefined) subjects.removeSync(subjectKey(place, head.subject))
  }

  function keys(of: Table, start: Buffer, end: Buffer, limit: number): Buffer[] {
    return Array.from(of.getKeys({ start, end, inclusiveEnd: true, limit }), (key) => Buffer.from(key))
  }

  return {
    write,
    find(place) {
      const value = heads.get(place)
      return value && decodeHead(value)
    },
    whole({ place, head: { key, revision, expiresAt, subject } }) {
      const record: StoredRecord = { bytes: new Uint8Array(bodies.get(place) ?? []), revision, expiresAt }
      return { key, record: subject === undefined ? record : { ...record, subject } }
    },
    put(next, bytes, old) {
      const { place, head } = next
      if (old) unindex({ place, head: old })
      heads.putSync(place, encodeHead(head))
      if (bytes) bodies.putSync(place, memoryOf(bytes))
      deadlines.putSync(deadlineKey(place, head), entry)
      if (head.subject !== undefined) subjects.putSync(subjectKey(place, head.subject), entry)
    },
    remove(old) {
      unindex(old)
      heads.removeSync(old.place)
      bodies.removeSync(old.place)
    },
    expired(now, limit) {
      const end = Buffer.concat([sortable(now), lastPlace])
      return keys(deadlines, Buffer.alloc(1), end, limit).map((key) => key.subarray(8))
    },
    places(subject, after, limit) {
      const above = subject === undefined ? Buffer.alloc(0) : hashOf(subject)
      // Just above the last place: the same key and a zero.
      const start = Buffer.concat([above, after ?? Buffer.alloc(0), Buffer.alloc(1)])
      const end = Buffer.concat([above, lastPlace])
      return keys(subject === undefined ? heads : subjects, start, end, limit).map((key) => key.subarray(above.length))
    },
    async refresh() {
      if (last.isHidden()) await write(() => undefined)
      heads.resetReadTxn()
    },
  }
}

function tooManyOpeners(): StoreError {
  return new StoreError(
    `lmdbStore met ${MAX_ATTEMPTS} processes in a row that were just opening its folder. Open it once for each process.`,
  )
}

const deadlineKey = (place: Buffer, { expiresAt }: Head) => Buffer.concat([sortable(expiresAt), place])
const subjectKey = (place: Buffer, subject: string) => Buffer.concat([hashOf(subject), place])
