import { SessionConfigError } from '../../core/errors.js'
import type { SessionRecords } from '../record/records.js'

/** Under which property a definition keeps what tools need. Registered, so that two copies of the library understand each other. */
export const TOOLS = Symbol.for('zession.tools')

/** With which secret a record was sealed: `holder` for one that only its client's cookie opens. */
export type SealAge = 'newest' | 'older' | 'holder' | 'unknown'

/** What tools that walk a store need of a definition. */
export interface Tools {
  readonly records: SessionRecords
  /** The codec that writes. */
  readonly codec: string
  /** @param keyId the first four bytes of a sealed body */
  sealAge(keyId: Uint8Array): SealAge
}

/** @throws SessionConfigError for what `defineSession` did not make */
export function toolsOf(definition: unknown): Tools {
  const tools = (Object(definition) as { readonly [TOOLS]?: Tools })[TOOLS]
  if (tools) return tools
  throw new SessionConfigError('This is no session definition. Pass what defineSession() returned.')
}
