import type { H3 } from 'h3-v2'
import { useSession } from 'zession/h3'
import { cartOf } from '../cart.js'
import { type Html, html } from '../html.js'
import { formatPrice, type Product, products } from '../products.js'
import { appSession } from '../session.js'
import { renderPage } from './layout.js'
import { takeNotices } from './notices.js'

export function addShopPage(app: H3): void {
  app.get('/shop', async (event) => {
    const session = await useSession(event, appSession)
    const notices = await takeNotices(session)
    const cart = cartOf(session)
    const inCart = (sku: string) => cart.find((line) => line.sku === sku)?.qty ?? 0
    const body = html`<h1>Shop</h1>
<ul class="products">${products.map((product) => tile(product, inCart(product.sku)))}</ul>`
    return renderPage(event, session, { title: 'Shop', notices, body })
  })
}

function tile({ sku, name, note, price }: Product, count: number): Html {
  return html`<li class="card">
<h2>${name}</h2>
<p>${note}</p>
<p class="price">${formatPrice(price)}${count > 0 && html` <span class="help">${count} in cart</span>`}</p>
<form method="post" action="/cart/add">
<button name="sku" value="${sku}">Add <span class="hidden">${name} </span>to cart</button>
</form>
</li>`
}
