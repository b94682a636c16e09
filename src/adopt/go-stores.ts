import { UnreadableRecordError } from '../core/errors.js'
import { checkOptions } from '../core/options/check.js'
import { group, listener, made, text } from '../core/options/rule.js'
import { TOKEN } from '../core/token.js'
import type { OldContents, SessionReader } from '../session/transport/adopt-port.js'
import type { GobTypes } from './gob/types.js'
import { decodeGob } from './gob.js'
import { valuesOf } from './shared/go-values.js'
import { asObject, objectIn } from './shared/json.js'
import { cookieTexts, firstOf } from './shared/texts.js'

/** Where a Go app keeps its records, and how its cookie is called. */
export interface GoStoreOptions {
  /** The bytes of a record by the id in the cookie; nothing when there is none, or none that is alive. */
  readonly read: (id: string, now: number) => Promise<Uint8Array | string | null | undefined>
  /** Ends one. @default nothing, it is left to expire */
  readonly end?: (id: string) => unknown
  /**
   * The cookie that holds the id of a record, by its name in the old app.
   * @default the library's own: `flamego_session`, `session` for scs, `gosessionsid` for go-sessions
   */
  readonly cookieName?: string
  /** The named Go types in the values. @default gobTypes() */
  readonly types?: GobTypes
}

const rule = group<GoStoreOptions>(
  {
    read: listener('a function that returns the bytes of a record'),
    end: listener('a function that ends a record'),
    cookieName: text('the name of a cookie', (name) => TOKEN.test(name)),
    types: made<GobTypes>('what gobTypes() returns', ['register', 'named']),
  },
  { store: 'ours is `read`, which gets the id in the cookie' },
  ['read'],
)

/**
 * Reads sessions of scs from the store that `read` asks: gob of a deadline and the values. Tokens are 43 characters.
 * @throws SessionConfigError for options that are none
 */
export function scs(options: GoStoreOptions): SessionReader {
  checkOptions('scs()', rule, options)
  return readerOf({ name: 'scs', cookieName: 'session', id: /^[\w-]{43}$/ }, options, (bytes, now) => {
    const { Deadline, Values } = asObject(decodeGob(bytes, gobOptions(options)), 'A session of scs')
    if (!(Deadline instanceof Date))
      throw new UnreadableRecordError('A session of scs has no deadline: another codec wrote it.')
    const expiresAt = Deadline.getTime()
    return expiresAt <= now ? undefined : { values: valuesOf(Values, 'A session of scs'), expiresAt }
  })
}

/**
 * Reads sessions of flamego/session from the store that `read` asks: gob of a map.
 * @throws SessionConfigError for options that are none
 */
export function flamegoSession(options: GoStoreOptions): SessionReader {
  checkOptions('flamegoSession()', rule, options)
  return readerOf(
    { name: 'flamego/session', cookieName: 'flamego_session', id: /^[\w-]{8,128}$/ },
    options,
    (bytes) => ({
      values: valuesOf(decodeGob(bytes, gobOptions(options)), 'A session of flamego/session'),
    }),
  )
}

/**
 * Reads sessions of kataras/go-sessions from the store that `read` asks, with its default transcoder: JSON of the values.
 * @throws SessionConfigError for options that are none
 */
export function goSessions(options: Omit<GoStoreOptions, 'types'>): SessionReader {
  checkOptions('goSessions()', rule, options)
  return readerOf({ name: 'go-sessions', cookieName: 'gosessionsid', id: /^[\w-]{16,128}$/ }, options, (bytes) => ({
    values: objectIn(Buffer.from(bytes).toString('utf8'), 'A session of go-sessions'),
  }))
}

interface Library {
  readonly name: string
  readonly cookieName: string
  /** What an id looks like: nothing else reaches the store. */
  readonly id: RegExp
}

function readerOf(
  library: Library,
  { read, end, cookieName = library.cookieName }: GoStoreOptions,
  decode: (bytes: Uint8Array, now: number) => OldContents | undefined,
): SessionReader {
  return {
    name: library.name,
    cookies: [cookieName],
    find: async (request) => {
      const id = await firstOf(cookieTexts(request, cookieName), (sent) => (library.id.test(sent) ? sent : undefined))
      if (id === undefined) return undefined
      return {
        id,
        async load() {
          const stored = await read(id, request.now)
          if (stored === null || stored === undefined) return undefined
          const bytes = typeof stored === 'string' ? Buffer.from(stored, 'utf8') : stored
          const found = decode(bytes, request.now)
          return found && (end ? { ...found, end: () => end(id) } : found)
        },
      }
    },
  }
}

const gobOptions = ({ types }: GoStoreOptions) => (types ? { types } : {})
