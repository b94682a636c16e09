import type { H3 } from 'h3-v2'
import { useSession } from 'zession/h3'
import { type Html, html } from '../html.js'
import { type AppSession, appSession } from '../session.js'
import { hexDump } from './hex-dump.js'
import { renderPage } from './layout.js'
import { takeNotices } from './notices.js'
import { formatTime } from './time.js'
import { formatValue, typeName } from './value.js'

export function addSessionPage(app: H3): void {
  app.get('/session', async (event) => {
    const session = await useSession(event, appSession)
    const notices = await takeNotices(session)
    const body = html`<h1>Your session</h1>
<p class="lead">What the server knows about you, as the app reads it and as it lies in the database.</p>
${facts(session)}
${values(session)}
${record(session)}`
    return renderPage(event, session, { title: 'Session', notices, body })
  })
}

function facts(session: AppSession): Html {
  return html`<dl class="facts">
<div><dt>ref</dt><dd>${session.ref === undefined ? 'none yet' : html`<code>${session.ref}</code>`}</dd></div>
<div><dt>isNew</dt><dd>${String(session.isNew)}</dd></div>
<div><dt>createdAt</dt><dd>${formatTime(session.createdAt)}</dd></div>
<div><dt>expiresAt</dt><dd>${formatTime(session.expiresAt)}</dd></div>
</dl>
<p class="help">The id is a secret that only your browser keeps: it is never shown, and the store has only its hash.
<code>ref</code> is a short hash for logs.</p>`
}

function values(session: AppSession): Html {
  const rows = Object.entries(session.data).map(
    ([key, value]) => html`<tr>
<th scope="row"><code>${key}</code></th>
<td><code>${typeName(value)}</code></td>
<td><pre>${formatValue(value)}</pre></td>
<td>${session.has(key as keyof AppSession['data']) ? 'stored' : 'default'}</td>
</tr>`,
  )
  return html`<h2>Values</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Values"><table>
<thead><tr><th scope="col">Key</th><th scope="col">Type</th><th scope="col">Value</th><th scope="col">From</th></tr></thead>
<tbody>${rows}</tbody>
</table></div>`
}

function record(session: AppSession): Html {
  const bytes = session.encode()
  return html`<h2>Record</h2>
<p>${session.isNew ? 'What would be stored if something changed now' : 'What is stored'}: data, deadlines and the names of session
and codec.</p>
<dl class="facts">
<div><dt>This record</dt><dd>${bytes.length} bytes</dd></div>
<div><dt>The same as JSON</dt><dd>${jsonSize(session)} bytes, its dates as text</dd></div>
</dl>
<div class="scroll" tabindex="0" role="region" aria-label="Bytes of the record"><pre class="hex">${hexDump(bytes)}</pre></div>`
}

/** The record's content as JSON: the stored data, the session's name and its deadlines, as an app would write them. */
function jsonSize(session: AppSession): number {
  const data = Object.entries(session.data).filter(([key]) => session.has(key as keyof AppSession['data']))
  const { name, options } = appSession
  const lifetime = {
    createdAt: session.createdAt,
    expiresAt: session.expiresAt,
    idleTimeout: options.idleTimeout ?? 3600,
  }
  return Buffer.byteLength(JSON.stringify({ name, ...lifetime, data: Object.fromEntries(data) }))
}
