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
  readonly web:
    | (WebRequestLike & { clone?(): { formData(): Promise<FormData> }; readonly bodyUsed?: boolean })
    | undefined
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
  const outer = from.node?.req ?? from.req ?? from
  const found = outer.headers === undefined || isHono(outer) ? (outer.raw ?? outer) : outer
  const body = from.body ?? from.request?.body ?? outer.body
  if (typeof (found.headers as Headers | undefined)?.get === 'function') {
    const web = found as unknown as NonNullable<CsrfRequest['web']>
    return { ...seen(webRequest(web)), isEvent, body: undefined, web }
  }
  return { ...seen(nodeRequest(found as unknown as NodeRequestLike)), isEvent, body, web: undefined }
}

function seen(request: ReturnType<typeof webRequest>): Pick<CsrfRequest, 'header' | 'method'> {
  return { header: (name) => request.header(name), method: request.method?.() ?? 'GET' }
}

/** Its `headers` is no property but a method's business; the web request is `raw`. */
function isHono(outer: Some): boolean {
  return typeof (outer.raw?.headers as Headers | undefined)?.get === 'function'
}

const FORMS = /^(?:application\/x-www-form-urlencoded|multipart\/form-data)\b/i

/** A field of the form that a request has sent, as far as it can be read without taking the body from the handler. */
export async function fieldOf({ body, web, header }: CsrfRequest, name: string): Promise<unknown> {
  if (typeof body === 'object' && body !== null) return (body as Readonly<Record<string, unknown>>)[name]
  if (!web?.clone || web.bodyUsed === true || !FORMS.test(header('content-type') ?? '')) return undefined
  const form = await web.clone().formData()
  return form.get(name)
}
