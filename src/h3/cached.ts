import { SessionError } from '../core/errors.js'
import type { H3EventLike } from './event.js'
import type { EventSessions } from './event-sessions.js'

/** What is used of the context of an event under Nitro, of both majors. */
interface NitroContext {
  readonly nitro?: object
  readonly _nitro?: { readonly routeRules?: RouteRules }
  readonly routeRules?: RouteRules
}

interface RouteRules {
  readonly isr?: unknown
}

/**
 * Refuses the session of an event whose answer others will get, or whose request is not the one that its sessions were
 * opened for. Nitro 2 runs a cached handler on an event of its own, with a proxy of the request that has few of its
 * headers; Nitro 3 replaces the request of the event by one. `event.context.cache` proves nothing: it stays in the context
 * of the outer event. A cached function gets the event as it is, and only the call stack tells.
 *
 * @throws SessionError `ERR_SESSION_CACHED`
 */
export function refuseShared(event: H3EventLike, sessions: EventSessions | undefined): void {
  if (sessions && !sessions.serves(event))
    throw refusal('an event whose request is not the one that came in, as it is in')
  const { nitro, _nitro, routeRules = _nitro?.routeRules } = (event.context ?? {}) as NitroContext
  if (routeRules?.isr) throw refusal('a route with the rule `isr`, which is')
  if (nitro && isInCachedFunction()) throw refusal('a function that Nitro caches, or')
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
