import { defineEventHandler, sendRedirect } from '#imports'
import { guards } from '#zession/guards'
import { type H3EventLike, isV2Event, requestOf } from '../../../h3/event.js'
import { guardsOf, wayOut } from '../../guards.js'
import { API } from '../../names.js'
import { refusalOf } from './guard.js'

/** Guards pages and routes alike, before anything of them runs. */
export default defineEventHandler(async (given) => {
  const event = given as H3EventLike
  const path = pathOf(event)
  if (path.startsWith(API) || guardsOf(guards, path).length === 0) return undefined
  const refusal = await refusalOf(event, path)
  if (!refusal) return undefined
  const out = isPage(event) ? wayOut(refusal.guard, path) : undefined
  if (out === undefined) throw refusal.error
  return sendRedirect(given, out, 302)
})

/** Browsers ask for a page with this; scripts that fetch do not. */
function isPage(event: H3EventLike): boolean {
  const request = requestOf(event)
  const method = request.method?.() ?? 'GET'
  return (method === 'GET' || method === 'HEAD') && request.header('accept')?.includes('text/html') === true
}

function pathOf(event: H3EventLike): string {
  if (!isV2Event(event)) return (event as { readonly path?: string }).path ?? '/'
  const { pathname, search } = new URL(event.req.url ?? '/', 'http://localhost')
  return pathname + search
}
