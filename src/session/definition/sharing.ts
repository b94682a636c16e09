import { SessionConfigError } from '../../core/errors.js'
import { COOKIE_PREFIX, type CookieOptions, createSessionCookie, type SessionCookie } from '../transport/cookie.js'
import type { AdoptOptions, ShareOptions } from './options.js'

/** An item of `adopt` whose old cookie is written beside ours. */
export interface Share {
  readonly source: AdoptOptions
  readonly values: ShareOptions['values']
  /** How a cookie of the old app is set. */
  cookie(name: string, development: boolean): SessionCookie
}

/** @throws SessionConfigError for a reader that cannot write, for cookies that would overwrite another, and those that browsers drop */
export function createShares(session: string, adopt: readonly AdoptOptions[]): readonly Share[] {
  const taken = new Set<string>()
  return adopt.flatMap((source) => {
    const { reader, share, old } = source
    if (!share) return []
    const refused = (why: string) =>
      new SessionConfigError(`\`share\` of \`${reader.name}\` in \`adopt\` of session \`${session}\`: ${why}`)
    if (!reader.write)
      throw refused(
        'this reader only reads, as its sessions are in a store or its cookies are not written here. Leave it out.',
      )
    if (old === 'end') throw refused("`old: 'end'` would remove the cookie that it writes. Leave one of the two out.")
    for (const name of reader.cookies) {
      if (taken.has(name)) throw refused(`another one writes the cookie \`${name}\` already.`)
      taken.add(name)
    }
    const cookies = new Map<string, SessionCookie>()
    const cookie = (name: string, development: boolean) => {
      const known = `${name};${development}`
      const made = cookies.get(known) ?? createSessionCookie(session, named(name, share.cookie), !development)
      cookies.set(known, made)
      return made
    }
    for (const name of reader.cookies) cookie(name, false)
    return [{ source, values: share.values, cookie }]
  })
}

/** @throws SessionConfigError when the old cookie has the name of our own, in whichever mode */
export function assertOwnName(session: string, shares: readonly Share[], own: readonly string[]): void {
  for (const { source } of shares) {
    const same = source.reader.cookies.find((name) => own.includes(name))
    if (same !== undefined)
      throw new SessionConfigError(
        `\`share\` of \`${source.reader.name}\` in \`adopt\` of session \`${session}\` writes a cookie \`${same}\`, and so does the session itself, in development or in production. Give the session another \`name\`, or set \`cookie: { name }\`.`,
      )
  }
}

/** The old app's name as it is: a prefix belongs to it in development too. */
function named(name: string, options: ShareOptions['cookie'] = {}): CookieOptions {
  const prefix = COOKIE_PREFIX.exec(name)?.[0]
  if (prefix === undefined) return { ...options, name, prefix: 'none' }
  const kind = prefix.slice(2, -1).toLowerCase() as 'host' | 'secure' | 'http'
  return { secure: true, ...options, name: name.slice(prefix.length), prefix: kind }
}
