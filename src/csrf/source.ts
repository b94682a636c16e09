import { type NodeRequestLike, nodeRequest, type WebRequestLike, webRequest } from '../edge/requests.js'

/** What is used of a request, whatever hands it over. */
export interface CsrfRequest {
  /** A header, by any case of its name. */
  readonly header: (name: string) => string | undefined
  readonly method: string
  /** Whether h3 has handed it over, which knows errors of its own. */
  readonly isEvent: boolean
  /** The body as middleware has parsed it, if any has. */
  readonly body: unknown
  /** The request itself, where it is a web `Request`. */
  readonly web: (WebRequestLike & { clone?(): Body; readonly bodyUsed?: boolean }) | undefined
  /** The body as Hono has parsed it, and keeps it. */
  readonly parsed: Body | undefined
}

/** What is used of a body that nobody has parsed. */
interface Body {
  formData(): Promise<FormData>
  json(): Promise<unknown>
}

interface Some {
  readonly node?: { readonly req?: Some }
  readonly req?: Some
  readonly raw?: Some
  readonly headers?: unknown
  readonly method?: string
  readonly body?: unknown
  readonly request?: { readonly body?: unknown }
  readonly context?: unknown
}

/** An event of h3 v1 or v2, a web `Request`, a request of node or Express or Fastify, a context of Koa or Hono. */
export function requestIn(source: unknown): CsrfRequest {
  const from = Object(source) as Some
  const isEvent = from.context !== undefined && (from.node?.req !== undefined || from.req !== undefined)
  // An event of h3 v2 over node has both requests, and the web one has the body.
  const outer = isWeb(from.req) ? from.req : (from.node?.req ?? from.req ?? from)
  const found = outer.headers === undefined || isHono(outer) ? (outer.raw ?? outer) : outer
  // The `body` of a context of Koa is that of the response.
  const body = from.request ? from.request.body : (from.body ?? outer.body)
  if (isWeb(found)) {
    const web = found as unknown as NonNullable<CsrfRequest['web']>
    const parsed = isHono(outer) ? (outer as unknown as Body) : undefined
    return { ...seen(webRequest(web)), isEvent, body: undefined, web, parsed }
  }
  const req = found as unknown as NodeRequestLike
  return { ...seen(nodeRequest(req)), isEvent, body, web: undefined, parsed: undefined }
}

function seen(request: ReturnType<typeof webRequest>): Pick<CsrfRequest, 'header' | 'method'> {
  return { header: (name) => request.header(name), method: request.method?.() ?? 'GET' }
}

function isWeb(some: Some | undefined): some is Some {
  return typeof (some?.headers as Headers | undefined)?.get === 'function'
}

/** Its `headers` is no property but a method's business; the web request is `raw`. */
function isHono(outer: Some): boolean {
  return isWeb(outer.raw)
}

const FORM = /^(?:application\/x-www-form-urlencoded|multipart\/form-data)\b/i
const JSON_TEXT = /^application\/(?:[\w.+-]+\+)?json\b/i

/** A field of what a request has sent, as far as it can be read without taking the body from the handler. */
export async function fieldOf({ body, web, parsed, header }: CsrfRequest, name: string): Promise<unknown> {
  if (body !== undefined) return valueIn(body, name)
  const type = header('content-type') ?? ''
  const isForm = FORM.test(type)
  if (!isForm && !JSON_TEXT.test(type)) return undefined
  const copy = web?.bodyUsed === true ? parsed : web?.clone?.()
  if (isForm) return (await copy?.formData())?.get(name)
  return valueIn(await copy?.json(), name)
}

function valueIn(body: unknown, name: string): unknown {
  const isRecord = typeof body === 'object' && body !== null && Object.hasOwn(body, name)
  return isRecord ? (body as Readonly<Record<string, unknown>>)[name] : undefined
}
