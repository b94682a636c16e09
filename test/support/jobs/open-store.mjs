// How another process opens a store: `openStore('redis', JSON.stringify(options))` is redisStore(options). It takes the built
// package, as Node 20 runs no TypeScript.
export async function openStore(name, options) {
  const library = await import(`../../../dist/stores/${name}.js`)
  return library[`${name}Store`](JSON.parse(options))
}
