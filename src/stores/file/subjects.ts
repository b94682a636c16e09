import { access } from 'node:fs/promises'
import { join } from 'node:path'
import type { KeyedRecord } from '../port.js'
import { type Disk, list, removed, removeIfEmpty, unless } from './disk.js'
import { asEntry, entryOf, type Layout, shortHash } from './names.js'
import { look, readFolder } from './view.js'

/**
 * The index of subjects: a folder for each, with an empty file for each record, named by the record's folder and its mark.
 *
 * A writer enters its mark after its data is written and before the record can be seen. A mark is the nonce of one write
 * and is handed on only from head to head. So an entry may be deleted when its mark can never (again) be in a head: there
 * is no draft of that nonce, and then, seen in this order, no head has the mark and no data file of that nonce is made to
 * follow the head. A writer on its way always shows one of these signs, so its entry is never taken from it.
 */
export interface Subjects {
  add(subject: string, hash: string, mark: string): Promise<void>
  remove(subject: string, hash: string, mark: string): Promise<void>
  /** Deletes the entry if its write can never be current (again). */
  prune(folder: string, name: string): Promise<void>
  records(subject: string): AsyncGenerator<KeyedRecord>
}

export function subjects(at: Layout, disk: Disk): Subjects {
  async function remove(folder: string, name: string) {
    if (await removed(join(folder, name))) await removeIfEmpty(folder)
  }

  async function prune(folder: string, name: string) {
    const entry = asEntry(name)
    if (!entry) return
    if (await access(at.draft(entry.mark)).then(() => true, unless('ENOENT'))) return
    const view = await look(at.record(entry.hash))
    const isCurrent = view?.head?.mark === entry.mark
    const isOnItsWay = view?.data.some(({ nonce, after }) => nonce === entry.mark && after === view.head?.nonce)
    if (!isCurrent && !isOnItsWay) await remove(folder, name)
  }

  return {
    async add(subject, hash, mark) {
      const folder = at.subject(subject)
      // A folder may be removed, as it was empty, between the two.
      while (!(await disk.mark(join(folder, entryOf(hash, mark))))) await disk.makeFolder(folder, at.root)
      await disk.sync(folder)
    },
    remove: (subject, hash, mark) => remove(at.subject(subject), entryOf(hash, mark)),
    prune,
    async *records(subject) {
      const folder = at.subject(shortHash(subject))
      const met = new Set<string>()
      for (const name of (await list(folder)) ?? []) {
        const hash = asEntry(name)?.hash
        if (hash === undefined || met.has(hash)) continue
        const found = await readFolder(at.record(hash))
        if (found?.record.subject === subject) {
          met.add(hash)
          yield found
        } else await prune(folder, name)
      }
    },
  }
}
