import { type H3Event, HTTPResponse } from 'h3-v2'
import { cartOf, countItems } from '../cart.js'
import { type Html, html } from '../html.js'
import type { AppSession } from '../session.js'
import { stylesheetPath } from '../style.js'

export interface Page {
  readonly title: string
  readonly body: Html
  readonly status?: number
  /** What to show above the body, most often what `takeNotices` returned. */
  readonly notices?: Html
}

/** The whole page as a response. Without a session (it could not be loaded) it is a plain one in the light theme. */
export function renderPage(event: H3Event, session: AppSession | undefined, page: Page): HTTPResponse {
  const document = html`<!doctype html>
<html lang="en" data-theme="${session?.get('theme') ?? 'light'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${page.title} · zession demo</title>
<link rel="stylesheet" href="${stylesheetPath}">
<link rel="icon" href="data:,">
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
${header(event, session)}
<main id="main">
${page.notices}
${page.body}
</main>
<footer><p class="bar">A demo of zession: typed sessions in a SQLite file. Every page works without JavaScript.</p></footer>
</body>
</html>
`
  return new HTTPResponse(document.text, { status: page.status ?? 200, headers: PAGE_HEADERS })
}

const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  // Pages show who is logged in: the Back button of the next person must not bring one back.
  'cache-control': 'no-store',
  // The second wall behind the escaping: no script at all, styles of our own only.
  'content-security-policy':
    "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
}

function header(event: H3Event, session: AppSession | undefined): Html {
  const items = session ? countItems(cartOf(session)) : 0
  const link = (path: string, text: string, extra?: Html) =>
    html`<a href="${path}"${event.url.pathname === path && html` aria-current="page"`}>${text}${extra}</a>`
  return html`<header>
<div class="bar">
<a class="brand" href="/">zession <span>demo</span></a>
<nav aria-label="Main">
${link('/', 'Home')}
${link('/shop', 'Shop')}
${link('/cart', 'Cart', html` <span class="count">${items}<span class="hidden"> items</span></span>`)}
${link('/session', 'Session')}
</nav>
${session && html`<div class="who">${account(session)}${themeSwitch(session)}</div>`}
</div>
</header>`
}

function account(session: AppSession): Html {
  const user = session.get('user')
  if (!user) return html`<a href="/login">Log in</a>`
  return html`<span class="name">${user.name}</span>
<form method="post" action="/logout"><button class="quiet">Log out</button></form>`
}

function themeSwitch(session: AppSession): Html {
  const other = session.get('theme') === 'light' ? 'dark' : 'light'
  return html`<form method="post" action="/theme">
<button class="quiet" name="theme" value="${other}">${other === 'dark' ? 'Dark' : 'Light'}<span class="hidden"> theme</span></button>
</form>`
}
