import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { KeyedRecord } from '../port.js'
import { damaged, decode } from './contents.js'
import { list, unless } from './disk.js'
import { asDataFile, asHead, type DataFile, type Head, shortHash } from './names.js'

/** What a record's folder shows at one moment. */
export interface View {
  readonly head: Head | undefined
  readonly data: readonly DataFile[]
}

/** Undefined when there is no such folder. */
export async function look(folder: string): Promise<View | undefined> {
  const names = await list(folder)
  if (!names) return undefined
  const isThere = <T>(item: T | undefined): item is T => item !== undefined
  return { head: names.map(asHead).find(isThere), data: names.map(asDataFile).filter(isThere) }
}

/** Reads the record in a folder, or undefined when there is none. */
export async function readFolder(folder: string): Promise<KeyedRecord | undefined> {
  let missed: string | undefined
  for (;;) {
    const view = await look(folder)
    const head = view?.head
    if (!head) return undefined
    const file = view.data.find(({ nonce }) => nonce === head.nonce)
    const bytes = file && (await readFile(join(folder, file.name)).catch(unless('ENOENT')))
    if (bytes) {
      const { key, record } = decode(bytes)
      if (shortHash(record.revision) !== head.revision) throw damaged()
      return { key, record: { ...record, expiresAt: head.expiresAt } }
    }
    // A data file is deleted after its head moved on: the second time it is lost, and not only late.
    if (missed === head.nonce) throw damaged()
    missed = head.nonce
  }
}
