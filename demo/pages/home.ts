import type { H3 } from 'h3-v2'
import { useSession } from 'zession/h3'
import { cartOf, countItems } from '../cart.js'
import { type Html, html } from '../html.js'
import { type AppSession, appSession } from '../session.js'
import { renderPage } from './layout.js'
import { takeNotices } from './notices.js'
import { formatTime } from './time.js'

export function addHomePage(app: H3): void {
  app.get('/', async (event) => {
    const session = await useSession(event, appSession)
    const notices = await takeNotices(session)
    return renderPage(event, session, { title: 'Home', notices, body: home(session) })
  })
}

function home(session: AppSession): Html {
  const user = session.get('user')
  return html`<h1>${user ? `Hello, ${user.name}` : 'Hello, visitor'}</h1>
<p class="lead">A small shop on <code>zession</code>. All it knows about you is in one session, typed by a schema, and it
is still there when the server restarts.</p>
<dl class="facts">
<div><dt>You are</dt><dd>${user ? user.name : 'not logged in'}</dd></div>
<div><dt>Theme</dt><dd>${session.get('theme')}</dd></div>
<div><dt>In your cart</dt><dd>${items(countItems(cartOf(session)))}</dd></div>
<div><dt>Session</dt><dd>${session.isNew ? 'not stored yet' : html`<code>${session.ref}</code>`}</dd></div>
</dl>
${user ? account(user) : invitation()}
<h2>Things to try</h2>
<ul class="try">
<li><a href="/shop">Fill the cart</a>, quickly and in two tabs at once: every click counts.</li>
<li>Stop the server, start it again and reload: you are still logged in.</li>
<li>Log in with the same name in a second browser, then <a href="/logins">see your logins</a> and end one from the other.</li>
<li><a href="/session">Look at your session</a>, value by value and byte by byte.</li>
<li><a href="/no-such-page">Get lost</a>, or <a href="/boom">break something</a>.</li>
</ul>`
}

function account(user: { readonly name: string; readonly since: Date }): Html {
  return html`<p>You logged in on ${formatTime(user.since)}.</p>
<div class="row">
<form method="post" action="/logout"><button>Log out</button></form>
<form method="post" action="/logout-everywhere"><button class="quiet">Log out everywhere</button></form>
<a href="/logins">Where you are logged in</a>
</div>`
}

function invitation(): Html {
  return html`<p class="row"><a class="button" href="/login">Log in</a> <a class="button quiet" href="/shop">Go to the shop</a></p>`
}

function items(count: number): string {
  return count === 1 ? '1 item' : `${count} items`
}
