import type { H3 } from 'h3-v2'
import { useSession } from 'zession/h3'
import { html } from '../html.js'
import { seeOther } from '../http.js'
import { appSession } from '../session.js'
import { renderPage } from './layout.js'
import { takeNotices } from './notices.js'

export function addLoginPage(app: H3): void {
  app.get('/login', async (event) => {
    const session = await useSession(event, appSession)
    if (session.has('user')) return seeOther('/')
    const wrong = session.flash.has('errors')
    const typed = await session.flash.take('typedName')
    const notices = await takeNotices(session)
    const body = html`<h1>Log in</h1>
<p class="lead">A name is enough, this is a demo. Logging in gives your session a new id; your cart comes along.</p>
<form class="card stack" method="post" action="/login">
<label for="name">Name</label>
<input id="name" name="name" value="${typed ?? ''}" autocomplete="username" aria-describedby="name-help"${wrong && html` aria-invalid="true"`} autofocus>
<p class="help" id="name-help">2 to 40 letters, digits, spaces and . ' -</p>
<button>Log in</button>
</form>`
    return renderPage(event, session, { title: 'Log in', notices, body })
  })
}
