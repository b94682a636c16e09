import { type H3, HTTPError } from 'h3-v2'
import { useSession } from 'zession/h3'
import { withMore, without } from '../cart.js'
import { readForm, seeOther } from '../http.js'
import { findProduct, type Product } from '../products.js'
import { appSession } from '../session.js'

/** What the shop and the cart page post. Each change is a function of the cart, so parallel clicks all count. */
export function addCartRoutes(app: H3): void {
  app.post('/cart/add', async (event) => {
    const product = requireProduct((await readForm(event))('sku'))
    const session = await useSession(event, appSession)
    session.update('cart', (cart) => withMore(cart, product.sku, 1))
    session.flash.set('notice', `${product.name} is in your cart.`)
    return seeOther('/shop')
  })

  app.post('/cart/change', async (event) => {
    const field = await readForm(event)
    const { sku } = requireProduct(field('sku'))
    const by = field('by') === 'more' ? 1 : -1
    const session = await useSession(event, appSession)
    session.update('cart', (cart) => withMore(cart, sku, by))
    return seeOther('/cart')
  })

  app.post('/cart/remove', async (event) => {
    const product = requireProduct((await readForm(event))('sku'))
    const session = await useSession(event, appSession)
    session.update('cart', (cart) => without(cart, product.sku))
    session.flash.set('notice', `${product.name} was removed.`)
    return seeOther('/cart')
  })

  app.post('/cart/empty', async (event) => {
    const session = await useSession(event, appSession)
    session.delete('cart')
    session.flash.set('notice', 'Your cart is empty.')
    return seeOther('/cart')
  })
}

function requireProduct(sku: string): Product {
  const product = findProduct(sku)
  if (!product) throw new HTTPError('There is no such product.', { status: 400 })
  return product
}
