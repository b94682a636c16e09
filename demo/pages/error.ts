import { type H3, type H3Event, type HTTPError, type HTTPResponse } from 'h3-v2'
import { useSession } from 'zession/h3'
import { html } from '../html.js'
import { type AppSession, appSession } from '../session.js'
import { renderPage } from './layout.js'

/** Call it last: it answers every path that no other route did. */
export function addNotFoundPage(app: H3): void {
  app.all('/**', async (event) => {
    const body = html`<h1>Nothing here</h1>
<p class="lead">There is no page <code>${event.url.pathname}</code>. Your session is fine.</p>
<p><a class="button" href="/">Back home</a></p>`
    return renderPage(event, await useSession(event, appSession), { title: 'Not found', status: 404, body })
  })
}

/** A page whose request fails after it changed the session: the change is dropped with the response. */
export function addFailingPage(app: H3): void {
  app.get('/boom', async (event) => {
    const session = await useSession(event, appSession)
    session.flash.set('notice', 'Nobody ever reads this, because this request fails.')
    throw new Error('The demo was asked to fail.')
  })
}

/** What the visitor sees of an error: why, if the request was at fault; never the inside of the server. */
export async function renderError(error: HTTPError, event: H3Event): Promise<HTTPResponse> {
  const { status } = error
  const body = html`<h1>${status < 500 ? 'That did not work' : 'Something broke'}</h1>
<p class="lead">${explain(error)}</p>
<p><a class="button" href="/">Back home</a></p>`
  return renderPage(event, await sessionIfAny(event), { title: `Error ${status}`, status, body })
}

function explain(error: HTTPError): string {
  if (error.status === 409) return 'Too much happened at the same moment, so this was not done. Please try again.'
  // Only what this demo's own routes say is meant for visitors.
  if (error.status < 500) return error.unhandled ? 'The request was not understood.' : error.message
  if (error.status === 503) return 'Your session cannot be read or stored right now. Nothing is lost: please try again.'
  return 'It is our fault, and nothing of this request was kept: your session is as it was before.'
}

/** The store itself may be what failed; an error page must not fail again over it. */
async function sessionIfAny(event: H3Event): Promise<AppSession | undefined> {
  return useSession(event, appSession).catch(() => undefined)
}
