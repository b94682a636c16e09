import { flag, group, text } from '../../core/options/rule.js'
import { ttl } from '../option-names.js'

/** Options of `fileStore`. */
export interface FileStoreOptions {
  /** Where the records live, on a local disk. Made on the first write if missing, with the folders above it. */
  readonly folder: string
  /**
   * Whether a write is acknowledged only when it is on the disk, so that it survives a power failure. Without, it
   * survives the end of the process, but the last seconds may be lost with the machine.
   * @default true
   */
  readonly durable?: boolean
}

export const fileRule = group<FileStoreOptions>(
  { folder: text('the path of a folder', (path) => path !== '' && !path.includes('\0')), durable: flag },
  { ttl, path: 'ours is `folder`', dir: 'ours is `folder`', base: 'ours is `folder`' },
  ['folder'],
)
