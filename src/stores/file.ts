import { isAbsolute, resolve } from 'node:path'
import { getSystemErrorMap } from 'node:util'
import { SessionError, StoreError } from '../core/errors.js'
import { checkOptions } from '../core/options/check.js'
import { disk } from './file/disk.js'
import { layout } from './file/names.js'
import { type FileStoreOptions, fileRule } from './file/options.js'
import { records } from './file/records.js'
import { subjects } from './file/subjects.js'
import { collector, scan } from './file/walk.js'
import type { Collectable, Scannable, SessionStore, SubjectIndex } from './port.js'

export type { FileStoreOptions } from './file/options.js'

/** What {@link fileStore} returns. It cannot move a record to another key in one step, so it is not `Movable`. */
export interface FileStore extends SessionStore, Collectable, Scannable, SubjectIndex {}

/**
 * Keeps each record in a folder of its own, without a database and without locks: several processes on one machine may
 * share it, and any of them may be killed at any moment. Files are readable by their owner alone. Linux and macOS, local
 * disks only: not NFS or other network file systems.
 *
 * @throws SessionConfigError `ERR_SESSION_CONFIG` when `folder` is empty or no path.
 * Calls reject with StoreError `ERR_SESSION_STORE` when the disk is full, may not be written, or holds damaged files. No
 * message holds a key or a byte of a session.
 * @example
 * const store = fileStore({ folder: 'data/sessions' })
 */
export function fileStore(options: FileStoreOptions): FileStore {
  checkOptions('fileStore()', fileRule, options)
  const { folder, durable = true } = options
  // Once and for all: a later chdir moves no session.
  const at = layout(isAbsolute(folder) ? folder : resolve(folder))
  const files = disk(durable)
  const index = subjects(at, files)
  const stored = records(at, files, index)
  const collect = collector(at, stored, index)

  async function call<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run()
    } catch (error) {
      throw failure(error, at.root)
    }
  }

  async function* each<T>(found: AsyncGenerator<T>): AsyncGenerator<T> {
    for (;;) {
      const { done, value } = await call(() => found.next())
      if (done) return
      yield value
    }
  }

  return {
    guarantees: { atomicUpdate: true, durable, shared: true, revocable: true },
    read: (key) => call(() => stored.read(key)),
    create: (key, record, options) => call(() => stored.create(key, record, options)),
    update: (key, change, expected, options) => call(() => stored.update(key, change, expected, options)),
    touch: (key, expiresAt, seen, options) => call(() => stored.touch(key, expiresAt, seen, options)),
    destroy: (key, expected, options) => call(() => stored.destroy(key, expected, options)),

    /**
     * Goes through the folders and remembers where it stopped: one call opens 10,000 of them at most, so in a large store
     * it may find less than is there to find, and a later call finds the rest.
     */
    collectGarbage: (now, limit) => call(() => collect(now, limit)),

    scan: (prefix) => each(scan(at, prefix)),
    bySubject: (subject) => each(index.records(subject)),
  }
}

const advice: Readonly<Record<string, string>> = {
  ENOSPC: 'Free some space.',
  EDQUOT: 'Free some space.',
  EROFS: 'Let this process write there, or choose another folder.',
  EACCES: 'Let this process read and write there, or choose another folder.',
  EPERM: 'Let this process read and write there, or choose another folder.',
  ENOTDIR: 'Something on its path is no folder.',
}

/** Node's own errors hold the path of a record, which is a hash of its key: only the code and what it means go out. */
function failure(error: unknown, folder: string): unknown {
  if (error instanceof SessionError || !(error instanceof Error) || !('errno' in error)) return error
  const [code, meaning] = getSystemErrorMap().get(Number(error.errno)) ?? ['no code', 'unknown']
  return new StoreError(`The file store in ${folder} failed: ${meaning} (${code}). ${advice[code] ?? ''}`.trimEnd())
}
