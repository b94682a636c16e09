import type { TransportRequest } from './transport.js'

/** Destinations of the Fetch standard that are parts of a page, or of the browser's own: nobody reads a notice in them. */
const ASSETS = new Set([
  'audio',
  'audioworklet',
  'dictionary',
  'font',
  'image',
  'json',
  'manifest',
  'paintworklet',
  'report',
  'script',
  'serviceworker',
  'sharedworker',
  'speculationrules',
  'style',
  'text',
  'track',
  'video',
  'webidentity',
  'worker',
  'xslt',
])

/** Headers that name what a request is for: of browsers, old and new, and of scripts, which may not set those that begin with `Sec-`. */
const PURPOSES = [
  'sec-purpose',
  'purpose',
  'x-sec-purpose',
  'x-purpose',
  'x-moz',
  'sec-fetch-purpose',
  'moz-purpose',
] as const
const AHEAD = /\b(?:prefetch|prerender|preload|preview)\b/i

/** Headers of frameworks that are there when a request is ahead of need. */
const FLAGS = ['next-router-prefetch', 'x-middleware-prefetch', 'hx-preloaded'] as const

/** Methods whose answer has no body that anybody reads. */
const BODILESS = new Set(['HEAD', 'OPTIONS', 'TRACE'])

/**
 * Whether the answer to a request will be looked at: not when it is fetched ahead of need, when it is an asset of a page,
 * or when it is about an answer rather than for one (HEAD). A client that says nothing is taken for a reader. Who pretends not
 * to be one makes only his own flash wait.
 */
export function isReader(request: TransportRequest): boolean {
  if (BODILESS.has(request.method?.()?.toUpperCase() ?? '')) return false
  if (ASSETS.has((request.header('sec-fetch-dest') ?? '').toLowerCase())) return false
  if (PURPOSES.some((name) => AHEAD.test(request.header(name) ?? ''))) return false
  return !FLAGS.some((name) => isSet(request.header(name)))
}

function isSet(flag: string | undefined): boolean {
  return flag !== undefined && !['', '0', 'false'].includes(flag.toLowerCase())
}
