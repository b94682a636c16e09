import type { H3 } from 'h3-v2'
import { useSession } from 'zession/h3'
import { type Cart, cartOf } from '../cart.js'
import { type Html, html } from '../html.js'
import { findProduct, formatPrice } from '../products.js'
import { appSession } from '../session.js'
import { renderPage } from './layout.js'
import { takeNotices } from './notices.js'

export function addCartPage(app: H3): void {
  app.get('/cart', async (event) => {
    const session = await useSession(event, appSession)
    const notices = await takeNotices(session)
    const cart = cartOf(session)
    const body = html`<h1>Cart</h1>${cart.length > 0 ? filled(cart) : empty()}`
    return renderPage(event, session, { title: 'Cart', notices, body })
  })
}

function empty(): Html {
  return html`<p class="lead">There is nothing in it yet.</p>
<p><a class="button" href="/shop">Go to the shop</a></p>`
}

function filled(cart: Cart): Html {
  const total = cart.reduce((sum, { sku, qty }) => sum + qty * (findProduct(sku)?.price ?? 0), 0)
  return html`<ul class="lines">${cart.map(line)}</ul>
<p class="total"><span>Total</span> <strong>${formatPrice(total)}</strong></p>
<div class="row">
<a class="button" href="/shop">Back to the shop</a>
<form method="post" action="/cart/empty"><button class="quiet">Empty the cart</button></form>
</div>`
}

function line({ sku, qty }: Cart[number]): Html {
  const product = findProduct(sku)
  const name = product?.name ?? sku
  return html`<li>
<span class="what">${name}</span>
<form class="steps" method="post" action="/cart/change">
<input type="hidden" name="sku" value="${sku}">
<button class="quiet" name="by" value="less" aria-label="One ${name} less">−</button>
<span class="quantity">${qty}</span>
<button class="quiet" name="by" value="more" aria-label="One ${name} more">+</button>
</form>
<span class="price">${formatPrice(qty * (product?.price ?? 0))}</span>
<form method="post" action="/cart/remove">
<button class="quiet" name="sku" value="${sku}">Remove<span class="hidden"> ${name}</span></button>
</form>
</li>`
}
