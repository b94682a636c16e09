import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'

/**
 * The one entry of a record's folder that says what the record is now. It is an empty file: everything is in its name,
 * so that one `rename` changes all of it, and only if it is still what the caller has seen.
 */
export interface Head {
  readonly name: string
  /** Hash of the revision. */
  readonly revision: string
  /** Names the write that made this state; never used twice. Its data file carries it too. */
  readonly nonce: string
  /** The nonce of the write that entered the record into its subject's index; later writes for the same subject keep it. */
  readonly mark: string
  /** Hash of the subject, or undefined. */
  readonly subject: string | undefined
  readonly expiresAt: number
}

/** A data file: which write it belongs to, and the nonce of the state it was made to follow. */
export interface DataFile {
  readonly name: string
  readonly nonce: string
  readonly after: string
}

const headPattern = /^h\.([0-9a-f]{32})\.([0-9a-f]{16})\.([0-9a-f]{16})\.([0-9a-f]{32}|-)\.(.+)$/
const dataPattern = /^d\.([0-9a-f]{16})\.([0-9a-f]{16})$/
const entryPattern = /^([0-9a-f]{64})\.([0-9a-f]{16})$/

/** The state before the first. */
export const nothing = '0'.repeat(16)

export function newNonce(): string {
  return randomBytes(8).toString('hex')
}

/** 64 hexadecimal digits: the name of a record's folder. Hexadecimal, as some file systems ignore case. */
export function longHash(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

export function shortHash(text: string): string {
  return longHash(text).slice(0, 32)
}

/** A number in a name is written as JavaScript does, so it is read back exactly. */
export function headOf(state: Omit<Head, 'name'>): Head {
  const { revision, nonce, mark, subject = '-', expiresAt } = state
  return { ...state, name: `h.${revision}.${nonce}.${mark}.${subject}.${expiresAt}` }
}

export function dataFileOf(nonce: string, after: string): DataFile {
  return { name: `d.${nonce}.${after}`, nonce, after }
}

export function asHead(name: string): Head | undefined {
  const [, revision, nonce, mark, subject, deadline] = headPattern.exec(name) ?? []
  if (revision === undefined || nonce === undefined || mark === undefined) return undefined
  return { name, revision, nonce, mark, subject: subject === '-' ? undefined : subject, expiresAt: Number(deadline) }
}

export function asDataFile(name: string): DataFile | undefined {
  const [, nonce, after] = dataPattern.exec(name) ?? []
  return nonce === undefined || after === undefined ? undefined : { name, nonce, after }
}

/** An entry of the subject index: the record's folder and the mark. */
export function asEntry(name: string): { readonly hash: string; readonly mark: string } | undefined {
  const [, hash, mark] = entryPattern.exec(name) ?? []
  return hash === undefined || mark === undefined ? undefined : { hash, mark }
}

export const entryOf = (hash: string, mark: string) => `${hash}.${mark}`

/** Where things are. Two levels of folders above each record keep every folder small. */
export function layout(root: string) {
  const tmp = join(root, 'tmp')
  const leaf = (hash: string) => join(root, 'records', hash.slice(0, 2), hash.slice(2, 4))
  return {
    root,
    tmp,
    /** A record on its way in, before it is renamed into its place. */
    draft: (nonce: string) => join(tmp, nonce),
    leaf,
    record: (hash: string) => join(leaf(hash), hash),
    subject: (hash: string) => join(root, 'subjects', hash.slice(0, 2), hash),
  }
}
export type Layout = ReturnType<typeof layout>
