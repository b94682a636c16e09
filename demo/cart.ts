import type { AppSession } from './session.js'

export type Cart = ReturnType<typeof cartOf>

const MOST = 999

export function cartOf(session: AppSession) {
  return session.get('cart')
}

/**
 * The cart with `by` more (or less) of a product. Pure, because `session.update` runs it again on the newer cart when
 * another request was faster: that is why two clicks at once lose nothing.
 */
export function withMore(cart: Cart, sku: string, by: number): Cart {
  if (!cart.some((line) => line.sku === sku)) return by > 0 ? [...cart, { sku, qty: by }] : cart
  return cart
    .map((line) => (line.sku === sku ? { sku, qty: Math.min(line.qty + by, MOST) } : line))
    .filter((line) => line.qty > 0)
}

export function without(cart: Cart, sku: string): Cart {
  return cart.filter((line) => line.sku !== sku)
}

export function countItems(cart: Cart): number {
  return cart.reduce((sum, line) => sum + line.qty, 0)
}
