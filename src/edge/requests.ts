import { type Arrival, arrivalOf } from '../session/transport/arrival.js'
import type { TransportRequest } from '../session/transport/transport.js'

/** What is used of a web `Request`. */
export interface WebRequestLike {
  /** Its headers. */
  readonly headers: Headers
  /** Its method. */
  readonly method?: string | undefined
  /** Its address. */
  readonly url?: string
}

/** What is used of the request of a server on node. */
export interface NodeRequestLike {
  /** Its headers, by lower-case name. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Its method. */
  readonly method?: string | undefined
}

/** A web request as transports see it. */
export function webRequest(request: WebRequestLike): TransportRequest {
  const header = (name: string) => request.headers.get(name) ?? undefined
  return {
    header,
    method: () => request.method,
    arrival: () => arrivalOf(header, request.url?.startsWith('https:') === true),
  }
}

/** A request of node's as transports see it. */
export function nodeRequest(req: NodeRequestLike): TransportRequest {
  const header = (name: string) => nodeHeader(req, name)
  return { header, method: () => req.method, arrival: () => nodeArrival(req, header) }
}

export function nodeHeader({ headers }: NodeRequestLike, name: string): string | undefined {
  const key = name.toLowerCase()
  // HTTP/2 has it under a name of its own.
  const value = headers[key] ?? (key === 'host' ? headers[':authority'] : undefined)
  return Array.isArray(value) ? value.join(key === 'cookie' ? '; ' : ', ') : value
}

function nodeArrival(req: NodeRequestLike, header: TransportRequest['header']): Arrival | undefined {
  const { socket } = req as { readonly socket?: object }
  return arrivalOf(header, 'encrypted' in (socket ?? {}))
}
