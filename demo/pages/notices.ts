import { type Html, html } from '../html.js'
import type { AppSession } from '../session.js'

/** What waits to be said, taken out of the session: it is shown once, even if two tabs ask at the same time. */
export async function takeNotices(session: AppSession): Promise<Html> {
  const notice = await session.flash.take('notice')
  const errors = await session.flash.take('errors')
  return html`${notice !== undefined && html`<p class="notice" role="status">${notice}</p>`}
${errors !== undefined && errorList(errors)}`
}

function errorList(errors: readonly string[]): Html {
  return html`<div class="notice error" role="alert"><p>Please check:</p>
<ul>${errors.map((error) => html`<li>${error}</li>`)}</ul></div>`
}
