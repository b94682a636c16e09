import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { checkOptions, checkValue } from '../core/options/check.js'
import { text } from '../core/options/rule.js'
import { TOKEN } from '../core/token.js'
import type {
  OldContents,
  OldRequest,
  OldSession,
  SessionReader,
  SharedTimes,
} from '../session/transport/adopt-port.js'
import { encodeGobSession } from './gob/encode.js'
import { type SecureCookieOptions, secureCookieRule } from './securecookie/options.js'
import { sealSecureCookie } from './securecookie/write.js'
import { secureCookieReader } from './securecookie.js'
import { valuesOf } from './shared/go-values.js'
import { cookieTexts } from './shared/texts.js'

/** How the old app uses gorilla/sessions. */
export interface GorillaOptions extends Omit<SecureCookieOptions, 'clock'> {
  /** The name that it gives to `store.Get`, which is that of the cookie. */
  readonly name: string
  /** The folder of a FilesystemStore. Left out, it has a CookieStore: sessions are whole in the cookie. @default none */
  readonly folder?: string
}

const nameRule = text('the name of a cookie', (name) => TOKEN.test(name))
const folderRule = text('a folder', (path) => path.length > 0)

/**
 * Reads sessions of gorilla/sessions, of a CookieStore or a FilesystemStore, for `adopt` of a definition.
 * @throws SessionConfigError for options that are none
 */
export function gorillaSessions(options: GorillaOptions): SessionReader {
  const { name, folder, ...cookies } = options
  checkValue('`name` of gorillaSessions()', nameRule, name)
  if (folder !== undefined) checkValue('`folder` of gorillaSessions()', folderRule, folder)
  checkOptions('gorillaSessions()', secureCookieRule, cookies)
  const { maxAge = 2_592_000 } = cookies
  // Without encryption two visitors with the same values have the same cookie in the same second.
  const isUnique = cookies.keys.every(({ block }) => block !== undefined)

  return {
    name: 'gorilla/sessions',
    cookies: [name],
    find(request) {
      // Its clock is the request's.
      const reader = secureCookieReader({ ...cookies, clock: () => request.now })
      for (const sent of cookieTexts(request, name)) {
        const found = reader.decode(name, sent)
        if (!found) continue
        if (folder !== undefined) return inFolder(folder, found.value, (stored) => reader.decode(name, stored))
        const id = isUnique ? bytesOf(sent) : undefined
        return { ...(id !== undefined && { id }), load: () => contentsOf(found) }
      }
      return undefined
    },
    // A file of the other store has values, too: nobody but its library writes there.
    ...(folder === undefined && cookies.serializer !== 'nop' && { write }),
  } satisfies { find(request: OldRequest): OldSession | undefined } & SessionReader

  /** It ends when the session does: it is written as if it had been then less its maximum age, which the old app goes by. */
  function write(values: Readonly<Record<string, unknown>>, { now, expiresAt }: SharedTimes) {
    const bytes = cookies.serializer === 'json' ? Buffer.from(JSON.stringify(values)) : encodeGobSession(values)
    const date = Math.floor(maxAge === 0 ? now / 1000 : Math.min(now / 1000, expiresAt / 1000 - maxAge))
    return { [name]: sealSecureCookie(name, bytes, date, cookies) }
  }

  function contentsOf({ value, writtenAt }: { readonly value: unknown; readonly writtenAt: number }): OldContents {
    const expiresAt = maxAge === 0 ? undefined : writtenAt + maxAge * 1000
    return { values: valuesOf(value, 'A session of gorilla/sessions'), ...(expiresAt !== undefined && { expiresAt }) }
  }

  function inFolder(
    path: string,
    id: unknown,
    decode: (stored: string) => { readonly value: unknown; readonly writtenAt: number } | undefined,
  ): OldSession | undefined {
    // It is signed; all the same, no path is made of anything else than the ids of that store.
    if (typeof id !== 'string' || !/^[A-Z2-7]{16,128}$/.test(id)) return undefined
    const file = join(path, `session_${id}`)
    return {
      id,
      async load() {
        const stored = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
          if (error.code === 'ENOENT') return undefined
          throw error
        })
        const found = stored === undefined ? undefined : decode(stored)
        return found && { ...contentsOf(found), end: () => rm(file, { force: true }) }
      },
    }
  }
}

/** The bytes, since base64 has several texts for some of them. */
function bytesOf(sent: string): string {
  return Buffer.from(sent, 'base64url').toString('base64url')
}
