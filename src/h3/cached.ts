import { SessionError } from '../core/errors.js'
import { type H3EventLike, isV2Event, requestOf } from './event.js'

/** What is used of the context of an event under Nitro, of both majors. */
interface NitroContext {
  readonly nitro?: object
  readonly _nitro?: { readonly routeRules?: RouteRules }
  readonly routeRules?: RouteRules
}

interface RouteRules {
  readonly isr?: unknown
  readonly cache?: unknown
}

/** What tells whether an event is about the request that its sessions were opened for. */
interface Served {
  serves(event: H3EventLike): boolean
}

/**
 * Refuses the session of an event whose answer others will get, or whose request is not the one that its sessions were
 * opened for. Nitro 2 runs a cached handler on an event of its own, with a proxy of the request that has few of its
 * headers; Nitro 3 replaces the request of the event by one. `event.context.cache` proves nothing: it stays in the context
 * of the outer event. A cached function gets the event as it is, and only the call stack tells.
 *
 * @throws SessionError `ERR_SESSION_CACHED`
 */
export function refuseShared(event: H3EventLike, sessions: Served | undefined): void {
  if (sessions && !sessions.serves(event))
    throw refusal('an event whose request is not the one that came in, as it is in')
  const { nitro } = (event.context ?? {}) as NitroContext
  const routeRules = rulesOf(event)
  if (routeRules?.isr) throw refusal('a route with the rule `isr`, which is')
  if (nitro && isInCachedFunction()) throw refusal('a function that Nitro caches, or')
}

/**
 * Refuses the session of a request that a cached handler makes inside the app, while it answers another one: it is for the page that
 * others get too. Nitro 2 leaves the event of the outer request as it is, and gives the inner one its context, but not the
 * headers that the cached handler was not to see.
 *
 * @throws SessionError `ERR_SESSION_CACHED`
 */
export function refuseInside(inner: H3EventLike, outer: H3EventLike, sessions: Served): void {
  const { cache, isr } = rulesOf(outer) ?? {}
  const method = requestOf(outer).method?.() ?? 'GET'
  const isCached = ((cache || isr) && (method === 'GET' || method === 'HEAD')) || !sessions.serves(outer)
  if (isCached || lacksHeaders(inner, outer)) throw refusal('a request that is made inside')
}

function lacksHeaders(inner: H3EventLike, outer: H3EventLike): boolean {
  if (isV2Event(inner) || (inner.node.req as { __unenv__?: object }).__unenv__ !== outer.context) return false
  return requestOf(inner).header('user-agent') === undefined && requestOf(outer).header('user-agent') !== undefined
}

function rulesOf(event: H3EventLike): RouteRules | undefined {
  const { _nitro, routeRules = _nitro?.routeRules } = (event.context ?? {}) as NitroContext
  return routeRules
}

function refusal(where: string): SessionError {
  return new SessionError(
    'ERR_SESSION_CACHED',
    `A session was asked for in ${where} a cached handler: its answer is kept and sent to other visitors too. Read the session outside the cached handler or function, give it only the values that it needs, and vary the cache key by them.`,
  )
}

/** Enough for helpers between the cached function and the session. */
const DEPTH = 24

/**
 * Whether Nitro's cache waits for the code that runs. It errs towards no: minified servers have no names, and V8 loses the
 * callers of a callback.
 */
function isInCachedFunction(): boolean {
  const sites = callers()
  return sites.some((site, at) => {
    const name = site.getFunctionName()
    // `defineCachedFunction` of Nitro 2, and of ocache, which Nitro 3 uses.
    if (name === '_resolve' || name === 'resolveEntry') return sites[at + 1]?.getFunctionName() === 'get'
    // Behind an await ocache has no name left; what it does beside the cache has one.
    return name === null && site.isAsync() && OCACHE.test(site.getFileName() ?? '')
  })
}

const OCACHE = /[\\/]ocache(\.mjs|[\\/]dist[\\/].*)$/

type Site = NodeJS.CallSite & { isAsync(): boolean }

function callers(): readonly Site[] {
  const { stackTraceLimit } = Error
  const prepare: unknown = Reflect.get(Error, 'prepareStackTrace')
  const trace: { stack?: unknown } = {}
  try {
    Error.stackTraceLimit = DEPTH
    Error.prepareStackTrace = (_error, sites) => sites
    Error.captureStackTrace(trace, refuseShared)
    return Array.isArray(trace.stack) ? trace.stack : []
  } finally {
    Error.stackTraceLimit = stackTraceLimit
    Reflect.set(Error, 'prepareStackTrace', prepare)
  }
}
