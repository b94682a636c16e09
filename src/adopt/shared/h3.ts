import { group, number, text } from '../../core/options/rule.js'
import { TOKEN } from '../../core/token.js'
import type { OldRequest, OldSession, SessionReader } from '../../session/transport/adopt-port.js'
import { type IronPassword, ironPasswordRule, unseal } from './iron.js'
import { asObject, objectIn, timeIn } from './json.js'
import { cookieTexts, firstOf, joined } from './texts.js'

/** How the old app calls `useSession` of h3, 1 or 2. */
export interface H3SessionOptions {
  /** Its `password`. */
  readonly password: IronPassword
  /** Its `name`, which is that of the cookie. @default 'h3' */
  readonly name?: string
  /** Its `maxAge`, in seconds. @default none */
  readonly maxAge?: number
  /** Its `idleTimeout`, in seconds. @default none */
  readonly idleTimeout?: number
}

const seconds = number('seconds, more than 0', (value) => value > 0)
export const h3SessionRule = group<H3SessionOptions>(
  {
    password: ironPasswordRule,
    name: text('the name of a cookie', (name) => TOKEN.test(name)),
    maxAge: seconds,
    idleTimeout: seconds,
  },
  { cookieName: 'it is `name`, as there' },
  ['password'],
)

/** How often h3 1 and h3 2 derive a key; 2 reads cookies of 1 too. */
const ROUNDS = [1, 8192]
const CHUNKED = /^__chunked__(\d{1,3})$/
const MAX_CHUNKS = 100

/** @param cookie the name of its cookie without `name` */
export function h3Reader(library: string, cookie: string, options: H3SessionOptions): SessionReader {
  const { password, name = cookie } = options
  return {
    name: library,
    cookies: [name, ...Array.from({ length: MAX_CHUNKS }, (_, at) => `${name}.${at + 1}`)],
    find: async (request) => {
      const found = await firstOf(cookieTexts(request, name), (text) =>
        unseal(wholeOf(request, name, text), password, ROUNDS, request.now),
      )
      return found && sessionIn(objectIn(found.text, `A cookie of ${library}`), options, request.now, library)
    },
  }
}

/** h3 2 cuts what is too long for one cookie. */
function wholeOf(request: OldRequest, name: string, text: string): string {
  const count = Number(CHUNKED.exec(text)?.[1])
  if (!(count >= 1 && count <= MAX_CHUNKS)) return text
  return (
    joined(
      request,
      Array.from({ length: count }, (_, at) => `${name}.${at + 1}`),
    ) ?? ''
  )
}

function sessionIn(
  session: Readonly<Record<string, unknown>>,
  { maxAge, idleTimeout }: H3SessionOptions,
  now: number,
  library: string,
): OldSession | undefined {
  const { id } = session
  const createdAt = timeIn(session['createdAt']) ?? 0
  const seenAt = timeIn(session['lastSeenAt']) ?? createdAt
  const ends = [
    ...(maxAge === undefined ? [] : [createdAt + maxAge * 1000]),
    ...(idleTimeout === undefined ? [] : [seenAt + idleTimeout * 1000]),
  ]
  if (typeof id !== 'string' || id === '' || ends.some((end) => end < now)) return undefined
  return {
    // It keeps its id when it is sealed anew.
    id,
    load: () => ({
      values: asObject(session['data'] ?? {}, `A cookie of ${library}`),
      ...(ends.length > 0 && { expiresAt: Math.min(...ends) }),
    }),
  }
}
