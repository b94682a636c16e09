import { mkdir, open, readdir, rename, rm, rmdir, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'

/** The few things done to files, each with the answers that are no failure. All else rejects with Node's error. */
export interface Disk {
  /** Writes a new file. False when its folder is missing. */
  write(path: string, contents: Uint8Array): Promise<boolean>
  /** An empty new file, or the one that is there; on the disk after `sync` of its folder. False when that is missing. */
  mark(path: string): Promise<boolean>
  /** What was done in this folder is on the disk. False when it is missing. */
  sync(folder: string): Promise<boolean>
  /** Makes the folder and those above it. Those above `root` are looked at only when it is missing. */
  makeFolder(folder: string, root: string): Promise<void>
}

/** @param durable whether to wait for the disk, not only for the system's memory */
export function disk(durable: boolean): Disk {
  async function sync(folder: string) {
    if (!durable) return true
    const handle = await open(folder).catch(unless('ENOENT'))
    if (!handle) return false
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
    return true
  }

  return {
    sync,

    async write(path, contents) {
      const handle = await open(path, 'wx', 0o600).catch(unless('ENOENT'))
      if (!handle) return false
      try {
        await handle.writeFile(contents)
        if (durable) await handle.sync()
      } finally {
        await handle.close()
      }
      return true
    },

    async mark(path) {
      const handle = await open(path, 'a', 0o600).catch(unless('ENOENT'))
      await handle?.close()
      return handle !== undefined
    },

    async makeFolder(folder, root) {
      if (folder !== root) await this.makeFolder(dirname(folder), root)
      // Another process may have made it a moment ago and not have synced it yet.
      const make = () => mkdir(folder, { mode: 0o700 }).catch(unless('EEXIST'))
      await make().catch(async (error: unknown) => {
        const above = dirname(folder)
        if (above === folder) throw error
        unless('ENOENT')(error)
        await this.makeFolder(above, above)
        await make()
      })
      await sync(dirname(folder))
    },
  }
}

/** Names in a folder; undefined when there is no such folder. */
export async function list(folder: string): Promise<string[] | undefined> {
  return readdir(folder).catch(unless('ENOENT', 'ENOTDIR'))
}

/** One of several callers gets true; false when `from` is not there (any more), or its folder or the target's. */
export async function moved(from: string, to: string): Promise<boolean> {
  return (await rename(from, to).then(() => true, unless('ENOENT'))) ?? false
}

/** One of several callers gets true. */
export async function removed(path: string): Promise<boolean> {
  return (await unlink(path).then(() => true, unless('ENOENT'))) ?? false
}

export async function removeIfEmpty(folder: string): Promise<void> {
  await rmdir(folder).catch(unless('ENOENT', 'ENOTEMPTY', 'EEXIST'))
}

export async function removeAll(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
}

export function unless(...codes: string[]): (error: unknown) => undefined {
  return (error) => {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (typeof code !== 'string' || !codes.includes(code)) throw error
  }
}
