import { type H3Event, HTTPError } from 'h3-v2'

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Refuses a form that another site made the visitor's browser send. Such a request would carry the session cookie:
 * SameSite=Lax stops most of them, but not those of a sibling subdomain or of a browser without it. Browsers state where
 * a request comes from in `Sec-Fetch-Site`, older ones in `Origin`, and no page can forge either. A request with neither
 * comes from no browser (curl, a test), so it carries no cookie that anyone could abuse.
 */
export function refuseForeignPosts(event: H3Event): void {
  if (SAFE.has(event.req.method)) return
  const { headers } = event.req
  const site = headers.get('sec-fetch-site')
  const origin = headers.get('origin')
  const ours =
    site === null
      ? origin === null || hostOf(origin) === headers.get('host')
      : site === 'same-origin' || site === 'none'
  if (!ours) throw new HTTPError('This form was sent from another site, so nothing was changed.', { status: 403 })
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined // the opaque origin is the text `null`
}
