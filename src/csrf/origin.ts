import type { CsrfRequest } from './source.js'

export type Origin = 'own' | 'foreign' | 'unknown'

/**
 * Where a request comes from, by what browsers say and scripts cannot change: `Sec-Fetch-Site` (all browsers since 2023), else `Origin`,
 * else `Referer`. `unknown` when none of them is there: an old browser, or none.
 * @param trusted origins that may send forms here, as `https://app.example.com`
 */
export function originOf({ header }: CsrfRequest, trusted: ReadonlySet<string>): Origin {
  const origin = header('origin')
  if (origin !== undefined && trusted.has(origin.toLowerCase())) return 'own'
  const site = header('sec-fetch-site')?.toLowerCase()
  // `none`: typed, bookmarked, reloaded by the user.
  if (site === 'same-origin' || site === 'none') return 'own'
  // Another subdomain is another site here: it may belong to somebody else.
  if (site !== undefined) return 'foreign'
  const host = header('host')
  const from = origin ?? header('referer')
  if (from === undefined) return 'unknown'
  return host !== undefined && hostOf(from) === host.toLowerCase() ? 'own' : 'foreign'
}

/** Undefined for `null`, which is the origin of sandboxed documents. A proxy may have ended TLS, so the scheme says nothing. */
function hostOf(address: string): string | undefined {
  try {
    return new URL(address).host
  } catch {
    return undefined
  }
}
