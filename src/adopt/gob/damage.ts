import { UnreadableRecordError } from '../../core/errors.js'

/** What is said of bytes that are no gob stream. Never what they hold. */
export function damaged(reason: string): UnreadableRecordError {
  return new UnreadableRecordError(`These bytes are not a gob stream that can be read: ${reason}.`)
}
