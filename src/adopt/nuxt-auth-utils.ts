import { checkOptions } from '../core/options/check.js'
import type { SessionReader } from '../session/transport/adopt-port.js'
import { type H3SessionOptions, h3Reader, h3SessionRule } from './shared/h3.js'

export type { H3SessionOptions } from './shared/h3.js'

/**
 * Reads sessions of nuxt-auth-utils, for `adopt` of a definition: those of h3 in a cookie `nuxt-session`, with `user`, `secure` and
 * `loggedInAt`. `password` is NUXT_SESSION_PASSWORD.
 * @throws SessionConfigError for options that are none
 */
export function nuxtAuthUtils(options: H3SessionOptions): SessionReader {
  checkOptions('nuxtAuthUtils()', h3SessionRule, options)
  return h3Reader('nuxt-auth-utils', 'nuxt-session', options)
}
