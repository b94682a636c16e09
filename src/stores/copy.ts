import type { RecordChange } from './port.js'

/** The record with bytes of its own, made before the first await: the caller may reuse its array as soon as the call returns. */
export function withOwnBytes<R extends RecordChange>(record: R): R {
  return { ...record, bytes: new Uint8Array(record.bytes) }
}
