/**
 * How records change without locks, so that a process may be killed at any moment.
 *
 * A record is a folder. In it are one *head*, an empty file whose name is the whole state (revision, deadline, subject, and
 * the random nonce of the write that made it), and that write's *data file*, named by the same nonce. Every change is ONE
 * system call that succeeds only for the state that the caller has seen:
 *
 * - update: write a new data file, then `rename(old head, new head)`.
 * - touch: `rename(head, the same head with another deadline)`.
 * - destroy, collect: `unlink(head)`. A folder without a head holds no record.
 * - create: make the folder with head and data file elsewhere, then `rename` it into its place, which the system refuses
 *   unless the place is free or an empty folder.
 *
 * Why that is enough:
 *
 * 1. One head. Only create adds one, as part of a folder that replaces nothing or an empty folder; rename and unlink of a
 *    name have one winner, all others get ENOENT. So a folder never has two heads, and each change follows exactly the
 *    state it was made for. That is no lost update.
 * 2. No ABA, no resurrection. A nonce is published once. A writer that was asleep while its state was replaced, destroyed,
 *    cleaned away or created anew finds no file of that name, whatever has happened since.
 * 3. No torn read. A data file is complete (and on the disk) before a head names it, and never written again.
 * 4. What may be deleted. A data file can become current only by a rename of the very head it was made to follow (`after`
 *    in its name). So beside a head it is dead, for good, unless it is the head's own or made to follow that head; in a
 *    folder without a head every one is dead. Names are never used twice: deleting a dead name late deletes nothing else.
 *    A folder is removed by `rmdir`, which the system refuses while anything is in it; a record never is an empty folder.
 * 5. A crash leaves a dead data file, an empty folder or a draft: all are cleaned by the next writer or by the collector,
 *    and none of them keeps anybody from anything. A draft is put aside by one rename before its files are deleted, so a
 *    creator that was only slow finds it gone as a whole and starts again.
 * 6. A deadline is part of the name that is compared: a collector deletes nothing that was touched meanwhile, and an update
 *    that keeps the deadline takes over the newest one or is tried again.
 *
 * All this asks of the system: `rename`, `unlink`, `rmdir` and the listing of a folder with a few entries are one step
 * each. Local file systems of Linux and macOS do so (Linux lists 32 kB of names under the folder's lock, some 200 names;
 * a folder holds two, and two more for each process that writes to it at this moment). For `durable` also that they keep
 * the order of two changes in one folder over a power failure, as those with a journal do. Network file systems do not.
 */

import { mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { StoreError } from '../../core/errors.js'
import { inTurnByKey } from '../../core/in-turn.js'
import type { RecordChange, Revision, SessionStore, StoredRecord, StoreKey } from '../port.js'
import { damaged, encode } from './contents.js'
import { type Disk, moved, removeAll, removed, removeIfEmpty, unless } from './disk.js'
import {
  type DataFile,
  dataFileOf,
  type Head,
  headOf,
  type Layout,
  longHash,
  newNonce,
  nothing,
  shortHash,
} from './names.js'
import type { Subjects } from './subjects.js'
import { look, readFolder, type View } from './view.js'

export type Records = Required<Pick<SessionStore, 'read' | 'create' | 'update' | 'touch' | 'destroy'>> & {
  /** Deletes what is dead in a folder, and its record if that expired by `now`. True if it did the latter. */
  collect(folder: string, now: number): Promise<boolean>
}

export function records(at: Layout, disk: Disk, subjects: Subjects): Records {
  const byKey = inTurnByKey<string>()
  /** Runs `run` when it is its turn, unless `signal` has aborted by then. */
  const inTurn = <T>(key: string, signal: AbortSignal | undefined, run: () => Promise<T>) =>
    byKey(key, async () => {
      // The first of a key begins at once, so that what follows its call would come too late.
      await Promise.resolve()
      signal?.throwIfAborted()
      return run()
    })
  /** The folders that this process knows to be there, and to be on the disk. */
  const made = new Set<string>()

  async function needFolder(folder: string) {
    if (made.has(folder)) return
    await disk.makeFolder(folder, at.root)
    made.add(folder)
  }

  /** Makes a new record's folder, complete, but not in its place yet. False when a collector put it aside meanwhile. */
  async function draft(contents: Buffer, head: Head): Promise<boolean> {
    const folder = at.draft(head.nonce)
    await needFolder(at.tmp)
    await mkdir(folder, { mode: 0o700 }).catch(unless('ENOENT'))
    const complete =
      (await disk.write(join(folder, dataFileOf(head.nonce, nothing).name), contents)) &&
      (await disk.mark(join(folder, head.name))) &&
      (await disk.sync(folder))
    if (!complete) made.delete(at.tmp)
    return complete
  }

  async function publish(nonce: string, hash: string): Promise<boolean> {
    const leaf = at.leaf(hash)
    await needFolder(leaf)
    const done = await rename(at.draft(nonce), at.record(hash)).then(
      () => true,
      unless('ENOTEMPTY', 'EEXIST', 'ENOENT'),
    )
    if (done) await disk.sync(leaf)
    // The place is taken, a collector put the draft aside, or somebody removed the folders.
    else made.delete(leaf)
    return done ?? false
  }

  async function create(hash: string, contents: Buffer, record: StoredRecord): Promise<'ok' | 'exists'> {
    const folder = at.record(hash)
    const subject = record.subject === undefined ? undefined : shortHash(record.subject)
    for (let attempt = 0; attempt < 100; attempt++) {
      const view = await look(folder)
      if (view?.head) return 'exists'
      if (view) await clear(folder, view.data)
      const nonce = newNonce()
      const { revision, expiresAt } = record
      const head = headOf({ revision: shortHash(revision), nonce, mark: nonce, subject, expiresAt })
      let complete = false
      try {
        complete = await draft(contents, head)
        // Before the record: whoever sees the record finds it under its subject.
        if (complete && subject !== undefined) await subjects.add(subject, hash, nonce)
      } catch (error) {
        await withdraw().catch(() => undefined)
        throw error
      }
      // A failure in here leaves the outcome open: nothing is withdrawn, the collector finds what was left behind.
      if (complete && (await publish(nonce, hash))) return 'ok'
      await withdraw()

      async function withdraw() {
        await removeAll(at.draft(nonce))
        if (subject !== undefined) await subjects.remove(subject, hash, nonce)
      }
    }
    throw new StoreError(
      'The file store cannot create a record: its place is a folder that holds files of somebody else. Remove them.',
    )
  }

  async function update(
    hash: string,
    contents: Buffer,
    change: RecordChange,
    expected: Revision,
  ): Promise<'ok' | 'conflict' | 'gone'> {
    const folder = at.record(hash)
    const view = await look(folder)
    if (!view?.head) return 'gone'
    if (view.head.revision !== shortHash(expected)) return 'conflict'
    const old = view.head
    const nonce = newNonce()
    const subject = change.subject === undefined ? undefined : shortHash(change.subject)
    const mark = subject === old.subject ? old.mark : nonce
    const mine = dataFileOf(nonce, old.nonce)
    const entered = subject !== undefined && mark === nonce

    async function withdraw() {
      await removed(join(folder, mine.name))
      if (entered) await subjects.remove(subject, hash, mark)
    }

    let seen: View | undefined = view
    try {
      if (!(await disk.write(join(folder, mine.name), contents))) return 'gone'
      if (entered) await subjects.add(subject, hash, mark)
    } catch (error) {
      await withdraw().catch(() => undefined)
      throw error
    }
    // From here on a failure leaves the outcome open, so nothing may be withdrawn unless the state has moved on.
    for (let head: Head | undefined = old; head?.nonce === old.nonce; head = seen?.head) {
      const expiresAt = change.expiresAt === 'keep' ? head.expiresAt : change.expiresAt
      const next = headOf({ revision: shortHash(change.revision), nonce, mark, subject, expiresAt })
      if (await moved(join(folder, head.name), join(folder, next.name))) {
        await disk.sync(folder)
        await removeEach(
          folder,
          (seen ?? view).data.filter((file) => file.nonce !== nonce),
        )
        if (old.subject !== undefined && mark !== old.mark) await subjects.remove(old.subject, hash, old.mark)
        return 'ok'
      }
      // Touched, changed or ended by another process.
      seen = await look(folder)
    }
    await withdraw()
    if (seen?.head) return 'conflict'
    await removeIfEmpty(folder)
    return 'gone'
  }

  async function touch(hash: string, expiresAt: number, expected: Revision): Promise<'ok' | 'stale' | 'gone'> {
    const folder = at.record(hash)
    for (;;) {
      const head = (await look(folder))?.head
      if (!head) return 'gone'
      if (head.revision !== shortHash(expected)) return 'stale'
      if (await moved(join(folder, head.name), join(folder, headOf({ ...head, expiresAt }).name))) {
        await disk.sync(folder)
        return 'ok'
      }
    }
  }

  async function destroy(hash: string, expected?: Revision): Promise<'ok' | 'conflict' | 'gone'> {
    const folder = at.record(hash)
    for (;;) {
      const view = await look(folder)
      if (!view?.head) return 'gone'
      if (expected !== undefined && view.head.revision !== shortHash(expected)) return 'conflict'
      if (await end(folder, hash, view.head, view)) return 'ok'
    }
  }

  /** True if it was this call that ended the state `head`. */
  async function end(folder: string, hash: string, head: Head, view: View): Promise<boolean> {
    if (!(await removed(join(folder, head.name)))) return false
    if (!(await disk.sync(folder))) await disk.sync(at.leaf(hash))
    await clear(folder, view.data)
    if (head.subject !== undefined) await subjects.remove(head.subject, hash, head.mark)
    return true
  }

  return {
    async read(key) {
      const found = await readFolder(at.record(longHash(key)))
      if (found && found.key !== key) throw damaged()
      return found?.record
    },
    create: async (key, record, options) => {
      const [hash, contents] = [longHash(key), encode(key, record)]
      return inTurn(hash, options?.signal, () => create(hash, contents, record))
    },
    update: async (key: StoreKey, change, expected, options) => {
      const [hash, contents] = [longHash(key), encode(key, change)]
      return inTurn(hash, options?.signal, () => update(hash, contents, change, expected))
    },
    touch: async (key, expiresAt, seen, options) => {
      const hash = longHash(key)
      return inTurn(hash, options?.signal, () => touch(hash, expiresAt, seen))
    },
    destroy: async (key, expected, options) => {
      const hash = longHash(key)
      return inTurn(hash, options?.signal, () => destroy(hash, expected))
    },
    async collect(folder, now) {
      const view = await look(folder)
      if (!view) return false
      const { head, data } = view
      if (!head) await clear(folder, data)
      else if (head.expiresAt <= now) return end(folder, folder.slice(-64), head, view)
      else
        await removeEach(
          folder,
          data.filter(({ nonce, after }) => nonce !== head.nonce && after !== head.nonce),
        )
      return false
    },
  }
}

/** For data files of a folder without a head, as seen while it had none or lost it: all are dead. */
async function clear(folder: string, data: readonly DataFile[]): Promise<void> {
  await removeEach(folder, data)
  await removeIfEmpty(folder)
}

async function removeEach(folder: string, data: readonly DataFile[]): Promise<void> {
  for (const { name } of data) await removed(join(folder, name))
}
