import { SessionConfigError } from '../../core/errors.js'
import type { CookieAttributes } from './cookie.js'

const NAMES = ['sameSite', 'domain', 'path', 'partitioned'] as const satisfies readonly (keyof CookieAttributes)[]

/** What the header of a record has room for. */
const MAX_BYTES = 255

/** As they stand in a record; undefined for none. @throws SessionConfigError when they are too long for it */
export function attributesToText(attributes: CookieAttributes): string | undefined {
  const given = pick(attributes)
  if (Object.keys(given).length === 0) return undefined
  const text = JSON.stringify(given)
  if (Buffer.byteLength(text) <= MAX_BYTES) return text
  throw new SessionConfigError(
    `The cookie options of one session take at most ${MAX_BYTES} bytes: shorten \`path\` or \`domain\`.`,
  )
}

/** What a record says. None for a text that no release writes: a cookie as the definition has it is better than no session. */
export function attributesFromText(text: string | undefined): CookieAttributes | undefined {
  if (text === undefined) return undefined
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null ? pick(parsed) : undefined
  } catch {
    return undefined
  }
}

function pick(attributes: CookieAttributes): CookieAttributes {
  return Object.fromEntries(NAMES.flatMap((name) => (attributes[name] === undefined ? [] : [[name, attributes[name]]])))
}
