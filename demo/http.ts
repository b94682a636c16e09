import { type H3Event, HTTPError, HTTPResponse } from 'h3-v2'

/** The fields of a submitted form. What is missing reads as an empty text. */
export async function readForm(event: H3Event): Promise<(field: string) => string> {
  const type = event.req.headers.get('content-type') ?? ''
  if (!type.startsWith('application/x-www-form-urlencoded')) {
    throw new HTTPError('Send a form (application/x-www-form-urlencoded).', { status: 415 })
  }
  const fields = new URLSearchParams(await event.req.text())
  return (field) => fields.get(field) ?? ''
}

/** After a POST: the browser fetches `path` anew, so that reloading it sends nothing twice. */
export function seeOther(path: `/${string}`): HTTPResponse {
  return new HTTPResponse(null, { status: 303, headers: { location: path } })
}
