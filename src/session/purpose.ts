import type { TransportRequest } from './transport.js'

/** Destinations of the Fetch standard that are parts of a page: nobody reads a notice in them. */
const ASSETS = new Set([
  'audio',
  'audioworklet',
  'font',
  'image',
  'manifest',
  'paintworklet',
  'report',
  'script',
  'serviceworker',
  'sharedworker',
  'style',
  'track',
  'video',
  'worker',
  'xslt',
])

/**
 * Whether the answer to a request will be looked at (J15): not when a browser fetches ahead, nor when it loads an asset of a
 * page. Browsers say so in `Sec-Purpose` and `Sec-Fetch-Dest`, which scripts cannot forge; a client that says nothing is
 * taken for a reader.
 */
export function isLookedAt(request: TransportRequest): boolean {
  const purpose = request.header('sec-purpose') ?? request.header('purpose') ?? ''
  return !/\bprefetch\b/i.test(purpose) && !ASSETS.has((request.header('sec-fetch-dest') ?? '').toLowerCase())
}
