import type { RecordChange, Revision, StoredRecord, StoreKey } from '../port.js'

/**
 * A record as an item: an object, which unstorage turns into JSON for drivers that keep text. Bytes are base64, because not
 * every driver keeps bytes, and those that do hand them back in three different forms.
 */
export interface Item {
  /** The whole key: the item lies under its hash. */
  readonly k: string
  readonly v: string
  readonly e: number
  readonly d: string
  readonly s?: string
}

export function toItem(key: string, { revision, bytes, subject }: RecordChange, expiresAt: number): Item {
  const item = { k: key, v: revision, e: expiresAt, d: Buffer.from(bytes).toString('base64') }
  return subject === undefined ? item : { ...item, s: subject }
}

/**
 * What a driver answered, or undefined when nothing is there.
 * @throws the error that the drivers of unstorage for files answer in place of throwing it
 */
export function fromItem(
  answer: unknown,
): { readonly key: StoreKey | undefined; readonly record: StoredRecord } | undefined {
  if (answer === null || answer === undefined) return undefined
  const value = answer instanceof Uint8Array ? parsed(answer) : answer
  if (value instanceof Error) throw value
  if (!isItem(value)) return { key: undefined, record: damaged }
  const { k, v, e, d, s } = value
  const record = { bytes: new Uint8Array(Buffer.from(d, 'base64')), revision: v as Revision, expiresAt: e }
  return { key: k as StoreKey, record: s === undefined ? record : { ...record, subject: s } }
}

/**
 * What half a write left. Bytes that no codec can read make it a case for `onUnreadable`; an error would be one for ever.
 */
export const damaged: StoredRecord = {
  bytes: new Uint8Array(),
  revision: '' as Revision,
  expiresAt: Number.MAX_SAFE_INTEGER,
}

/** Some drivers answer a text that they were given as bytes. */
function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString())
  } catch {
    return bytes
  }
}

function isItem(value: unknown): value is Item {
  if (typeof value !== 'object' || value === null) return false
  const { k, v, e, d, s } = value as Record<string, unknown>
  const text = [k, v, d].every((part) => typeof part === 'string')
  return text && typeof e === 'number' && (s === undefined || typeof s === 'string')
}
