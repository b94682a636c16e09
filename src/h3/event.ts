import { isObject } from '../core/value.js'
import { nodeHeader } from '../edge/requests.js'
import { type EdgeResponse, type NodeResponseLike, nodeResponse, webResponse } from '../edge/response.js'
import { type Arrival, arrivalOf } from '../session/transport/arrival.js'
import type { TransportRequest } from '../session/transport/transport.js'

/** What is used of an event of h3 v1 (Nuxt, Nitro 2). */
export interface H3V1EventLike {
  /** What node has of it. */
  readonly node: {
    /** The request. */
    readonly req: {
      /** Its headers, by lower-case name. */
      readonly headers: Readonly<Record<string, string | string[] | undefined>>
      /** Its method. */
      readonly method?: string | undefined
    }
    /** The response. */
    readonly res: NodeResponseLike
  }
  /** What handlers and middleware of one request share. */
  readonly context: object
}

/** What is used of an event of h3 v2. */
export interface H3V2EventLike {
  /** The request. */
  readonly req: {
    /** Its headers. */
    readonly headers: Headers
    /** Its method. */
    readonly method?: string | undefined
    /** Its address. */
    readonly url?: string
  }
  /** What is prepared of the response. Early release candidates of v2 have no `errHeaders`. */
  readonly res: {
    /** Its status. */
    readonly status?: number | undefined
    /** Its headers, unless it is an error. */
    readonly headers: Headers
    /** The headers that errors get too. */
    readonly errHeaders?: Headers | undefined
  }
  /** What handlers and middleware of one request share. */
  readonly context: object
  /** Of servers on node: its own request and response. */
  readonly runtime?:
    | {
        /** What node has of it. */
        readonly node?:
          | {
              /** The response. */
              readonly res?: NodeResponseLike
            }
          | undefined
      }
    | undefined
}

/** An event of h3 v1 or v2. */
export type H3EventLike = H3V1EventLike | H3V2EventLike

/** What is used of the request that became a WebSocket. */
export interface UpgradeRequestLike {
  /** The headers of the upgrade, the cookie among them. */
  readonly headers: Headers
}

export function isEvent(source: H3EventLike | UpgradeRequestLike): source is H3EventLike {
  return isObject(source) && ('node' in source || 'req' in source)
}

/** A web request as transports see it. */
export function headersOf({ headers }: UpgradeRequestLike): TransportRequest {
  return { header: (name) => headers.get(name) ?? undefined }
}

/** `event.node` proves nothing, v2 on node has it; nor does `'res' in event`, v1 has a getter of that name. */
export function isV2Event(event: H3EventLike): event is H3V2EventLike {
  return typeof (event as Partial<H3V2EventLike>).req?.headers?.get === 'function'
}

/** The request as transports see it. */
export function requestOf(event: H3EventLike): TransportRequest {
  return {
    header: (name) => headerOf(event, name),
    method: () => (isV2Event(event) ? event.req.method : event.node.req.method),
    arrival: () => arrivalAt(event),
  }
}

function headerOf(event: H3EventLike, name: string): string | undefined {
  if (isV2Event(event)) return event.req.headers.get(name) ?? undefined
  return nodeHeader(event.node.req, name)
}

function arrivalAt(event: H3EventLike): Arrival | undefined {
  return arrivalOf((name) => headerOf(event, name), isEncrypted(event))
}

function isEncrypted(event: H3EventLike): boolean {
  if (isV2Event(event)) return event.req.url?.startsWith('https:') === true
  const { node, web } = event as {
    readonly node: { readonly req: { readonly socket?: object } }
    readonly web?: WebEvent
  }
  // A web handler of h3 v1 keeps the request beside a stand-in for node's.
  return web ? web.request?.url?.startsWith('https:') === true : 'encrypted' in (node.req.socket ?? {})
}

interface WebEvent {
  readonly request?: { readonly url?: string }
}

/** The response of an event; `succeeded` when it is known to be no error, which spares making headers for one. Of v2 both header lists: h3 drops `res.headers` from errors and sends `res.errHeaders` with them. */
export function responseOf(event: H3EventLike, succeeded = false): EdgeResponse {
  if (!isV2Event(event)) return nodeResponse(event.node.res)
  const { res } = event
  // Both are getters that make their list on first use, so neither is looked at before there is something to say.
  const all = () => [res.headers, res.errHeaders].filter((headers) => headers !== undefined)
  return webResponse(all, succeeded ? () => [res.headers] : all)
}
