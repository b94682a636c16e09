// How the processes of the store laws open a store: `args: ['redis', JSON.stringify(options)]` gives redisStore(options).
// It runs the built package, as Node 20 runs no TypeScript.
export async function openStore(name, options) {
  const library = await import(`../../dist/stores/${name}.js`)
  return library[`${name}Store`](JSON.parse(options))
}
