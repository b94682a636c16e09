import { checkOptions } from '../core/options/check.js'
import type { SessionReader } from '../session/transport/adopt-port.js'
import { type H3SessionOptions, h3Reader, h3SessionRule } from './shared/h3.js'

export type { H3SessionOptions } from './shared/h3.js'

/**
 * Reads sessions of h3's own `useSession`, 1 and 2, which are whole in the cookie, for `adopt` of a definition.
 * @throws SessionConfigError for options that are none
 */
export function h3Session(options: H3SessionOptions): SessionReader {
  checkOptions('h3Session()', h3SessionRule, options)
  return h3Reader('h3', 'h3', options)
}
