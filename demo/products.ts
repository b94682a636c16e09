export interface Product {
  readonly sku: string
  readonly name: string
  readonly note: string
  /** In cents. */
  readonly price: number
}

export const products: readonly Product[] = [
  { sku: 'A-1', name: 'Tea tin', note: 'Loose Darjeeling, 100 g.', price: 890 },
  { sku: 'B-2', name: 'Notebook', note: 'Dotted, 160 pages, lies flat.', price: 1250 },
  { sku: 'C-3', name: 'Desk lamp', note: 'Warm light, one knob.', price: 4900 },
  { sku: 'D-4', name: 'Wool socks', note: 'One size, three colours.', price: 1490 },
]

export function findProduct(sku: string): Product | undefined {
  return products.find((product) => product.sku === sku)
}

export function formatPrice(cents: number): string {
  return `€ ${(cents / 100).toFixed(2)}`
}
