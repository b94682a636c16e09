import type { H3 } from 'h3-v2'
import type { SessionInfo } from 'zession'
import { useSession } from 'zession/h3'
import { type Html, html } from '../html.js'
import { seeOther } from '../http.js'
import { type AppData, type AppSession, appSession } from '../session.js'
import { renderPage } from './layout.js'
import { takeNotices } from './notices.js'
import { formatTime } from './time.js'

export function addLoginsPage(app: H3): void {
  app.get('/logins', async (event) => {
    const session = await useSession(event, appSession)
    const user = session.get('user')
    if (!user) return seeOther('/login')
    const notices = await takeNotices(session)
    const logins = await appSession.subjects.list(user.name)
    const body = html`<h1>Where you are logged in</h1>
<p class="lead">Every session of ${user.name}, newest login first. Ending one takes effect with its next request.</p>
<ul class="lines logins">${logins.map((login) => line(login, session))}</ul>
<form method="post" action="/logout-everywhere"><button class="quiet">Log out everywhere</button></form>`
    return renderPage(event, session, { title: 'Logins', notices, body })
  })
}

function line({ ref, data, createdAt, lastSeenAt }: SessionInfo<AppData>, session: AppSession): Html {
  const browser = data?.user?.browser ?? 'A browser'
  return html`<li>
<span class="what">${browser}<br><span class="help">since ${formatTime(createdAt)}, last seen ${formatTime(lastSeenAt)}</span></span>
${
  ref === session.ref
    ? html`<span>this one</span>`
    : html`<form method="post" action="/logins/end"><button class="quiet" name="ref" value="${ref}">End<span class="hidden"> ${browser}</span></button></form>`
}
</li>`
}
