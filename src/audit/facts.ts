import type { StoreGuarantees } from '../stores/port.js'

/** What a report is made from: what a definition says, with its defaults filled in. */
export interface AuditFacts {
  /** The name of the definition. */
  readonly session: string
  /** Seconds. */
  readonly maxAge: number
  /** Seconds. */
  readonly idleTimeout: number
  readonly rotateEvery: number | undefined
  readonly endsReused: boolean
  /** How ids or sessions travel. */
  readonly travelsBy: 'cookie' | 'transport'
  /** As production writes it. */
  readonly cookie: {
    readonly name: string
    readonly secure: boolean
    readonly httpOnly: boolean
    readonly sameSite: 'lax' | 'strict' | 'none'
    readonly domain: string | undefined
    readonly path: string
    readonly partitioned: boolean
    readonly persistent: boolean
  }
  /** Where whole sessions are sealed for their clients; undefined where they live in a store. */
  readonly sealed:
    | { readonly encrypted: boolean; readonly revocations: boolean; readonly lag: number; readonly chunks: number }
    | undefined
  /** Undefined where the store is not known before the first use. */
  readonly store: StoreGuarantees | undefined
  readonly encrypts: boolean
  readonly hasSubject: boolean
  readonly maxPerSubject: number
  readonly onLimit: 'oldest' | 'refuse'
  readonly hasOwnIds: boolean
  readonly clearSiteData: boolean
  readonly hooks: readonly string[]
}

/** What one requirement comes to. */
export type Finding =
  | { readonly status: 'pass'; readonly because: string }
  | { readonly status: 'deviation'; readonly because: string; readonly fix: string }
  | { readonly status: 'task'; readonly because: string }

export const pass = (because: string): Finding => ({ status: 'pass', because })
export const deviation = (because: string, fix: string): Finding => ({ status: 'deviation', because, fix })
export const task = (because: string): Finding => ({ status: 'task', because })

/** A requirement of a standard, in words of our own: what the standard says is to be read there. */
export interface Rule {
  readonly id: string
  readonly asks: string
  /** From which level of ASVS on. */
  readonly level?: 1 | 2 | 3
  readonly check: (facts: AuditFacts) => Finding
}

// What several requirements ask for.

export function secureOnly({ cookie, travelsBy }: AuditFacts): Finding {
  if (travelsBy === 'transport') return task('Ids travel by a transport of the app: send it over TLS alone.')
  return cookie.secure
    ? pass('The cookie is Secure.')
    : deviation('The cookie goes out without Secure.', 'Leave `cookie: { secure }` out.')
}

export function hostPrefix({ cookie, travelsBy }: AuditFacts): Finding {
  if (travelsBy === 'transport') return task('Ids travel by a transport of the app, which has no cookie prefix.')
  if (cookie.name.startsWith('__Host-')) return pass(`The cookie is \`${cookie.name}\`, of this host alone.`)
  return deviation(
    `The cookie is \`${cookie.name}\`${cookie.domain === undefined ? '' : ', for a whole domain'}.`,
    'Leave `domain`, `path`, `prefix` and `secure` of `cookie` out, unless other hosts need the session: then say why.',
  )
}

export function httpOnly({ cookie, travelsBy }: AuditFacts): Finding {
  if (travelsBy === 'transport')
    return deviation(
      'Ids travel by a transport of the app, where scripts read them.',
      'Use the cookie: leave `transport` out.',
    )
  return cookie.httpOnly
    ? pass('The cookie is HttpOnly, and no API hands its id to a page.')
    : deviation('Scripts of the page read the cookie.', 'Leave `cookie: { httpOnly }` out.')
}

export function sameSite({ cookie, travelsBy }: AuditFacts): Finding {
  if (travelsBy === 'transport') return task('Ids travel by a transport of the app, which other sites cannot send.')
  return cookie.sameSite === 'none'
    ? deviation(
        'The cookie is SameSite=None.',
        "Leave `cookie: { sameSite }` out, or use 'strict'. In frames of other sites: say why, and use `embed`.",
      )
    : pass(`The cookie is SameSite=${cookie.sameSite === 'lax' ? 'Lax' : 'Strict'}, said explicitly.`)
}

export function randomIds({ hasOwnIds }: AuditFacts): Finding {
  return hasOwnIds
    ? task(
        '`generateId` makes the ids: it needs a CSPRNG and 128 bits. What is shorter than 128 bits of base64url is refused.',
      )
    : pass('Ids have 256 bits of the CSPRNG of the system.')
}

export function endsAtOnce({ sealed, store }: AuditFacts): Finding {
  if (sealed)
    return sealed.revocations
      ? pass(`Ended sessions are remembered; other servers notice within ${sealed.lag} s (\`revocationLag\`).`)
      : deviation(
          'A copy of the cookie opens the session until its deadline, also after a logout.',
          'cookieStore({ revocations: store }), or another store.',
        )
  if (!store) return task('The store is made on first use: any of the library but unstorage ends a session at once.')
  return store.revocable
    ? pass('The record goes before destroy() returns, and nothing brings it back.')
    : deviation('The store cannot end a session at once.', 'Use another store.')
}

export function revokesBySubject({ hasSubject }: AuditFacts): Finding {
  return hasSubject
    ? pass('subjects.revoke(user) ends all sessions of a user, `except` spares the current one.')
    : deviation('The definition does not know whose sessions there are.', 'Set `subject` to the key of the user id.')
}

export function noStore(): Finding {
  return pass(
    'Responses with a Set-Cookie of the session say `Cache-Control: no-store`, those that depend on it `Vary: Cookie`.',
  )
}

/** @param most seconds */
export function atMost(
  { maxAge, idleTimeout }: AuditFacts,
  most: { readonly maxAge: number; readonly idleTimeout: number | undefined },
): Finding {
  const wrong: string[] = []
  const fixes: string[] = []
  if (maxAge > most.maxAge) {
    wrong.push(`\`maxAge\` is ${maxAge} s, over ${most.maxAge} s`)
    fixes.push(`maxAge: ${most.maxAge}`)
  }
  if (most.idleTimeout !== undefined && idleTimeout > most.idleTimeout) {
    wrong.push(`\`idleTimeout\` is ${idleTimeout} s, over ${most.idleTimeout} s`)
    fixes.push(`idleTimeout: ${most.idleTimeout}`)
  }
  if (wrong.length > 0) return deviation(`${wrong.join(', and ')}.`, `Set ${fixes.join(' and ')}, or say why not.`)
  return pass(
    `maxAge ${maxAge} s and idleTimeout ${idleTimeout} s, checked on the server. remember() and setExpiry() of the app may say otherwise.`,
  )
}
