import { mkdir, open as openFile, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import type { RootDatabase } from 'lmdb'
import { StoreError } from '../../core/errors.js'
import { codeOf } from '../failure.js'
import { closeLastCommit } from './last-commit.js'

/** An environment that one or more stores of this process use. The last one to leave closes it. */
interface Shared {
  readonly root: Promise<RootDatabase>
  users: number
}

/**
 * One environment for each folder, however many stores use it. With two on one file a process would stop for good: opening
 * is a transaction that waits on the main thread for LMDB's writer lock, while the writer that holds it waits for the main
 * thread to run its callback. Within one environment lmdb lets the one interrupt the other.
 */
const environments = new Map<string, Shared>()

/** Opens the environment in a folder that only this user may read, as only this user may read its files. */
export async function openFolder(folder: string): Promise<{ root: RootDatabase; close: () => Promise<void> }> {
  const { open } = await import('lmdb')
  const path = await madeFolder(folder)
  const shared = environments.get(path) ?? { root: prepare(path, () => open({ path, ...settings })), users: 0 }
  environments.set(path, shared)
  shared.users++

  async function leave() {
    shared.users--
    if (shared.users > 0) return
    environments.delete(path)
    const root = await shared.root
    await root.close()
    closeLastCommit(root)
  }

  try {
    return { root: await shared.root, close: leave }
  } catch (error) {
    if (environments.get(path) === shared) environments.delete(path)
    throw error
  }
}

const settings = {
  // A name with a dot in it would else be taken for a file's.
  noSubdir: false,
  // A commit is on the disk before it is acknowledged, the plain way: flushed by the commit itself.
  overlappingSync: false,
  // With it, lmdb 3.5 makes one more promise for each batch, which nobody can handle: a full disk would end the process.
  eventTurnBatching: false,
}

async function madeFolder(folder: string): Promise<string> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    return await realpath(folder)
  } catch (error) {
    throw cannotOpen(folder, error)
  }
}

/** Makes the files before LMDB does, which would let others read them, and opens them. */
async function prepare(path: string, open: () => RootDatabase): Promise<RootDatabase> {
  try {
    await makeFiles(path)
    return open()
  } catch (error) {
    throw cannotOpen(path, error)
  }
}

/** LMDB's own errors have a text of the system and no code; none of them holds data before a database is open. */
function cannotOpen(folder: string, error: unknown): StoreError {
  const code = codeOf(error)
  const reason = code === 'no code' && error instanceof Error ? error.message : code
  return new StoreError(
    `lmdbStore cannot open its folder ${folder} (${reason}). Make sure that it is a folder on a local disk, and that this process may write there.`,
    { cause: error },
  )
}

async function makeFiles(path: string): Promise<void> {
  for (const name of ['data.mdb', 'lock.mdb']) {
    // Never opens one that is there: as this process closed it, the system would drop the locks by which LMDB tells that
    // this process has the environment open.
    const made = await openFile(join(path, name), 'wx', 0o600).catch(unlessThere)
    await made?.close()
  }
}

function unlessThere(error: unknown): undefined {
  if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
}
