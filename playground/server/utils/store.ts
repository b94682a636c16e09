import { memoryStore, type SessionStore } from 'zession'
import { fileStore } from 'zession/stores/file'

const opened = new Map<string, SessionStore>()
let downUntil = 0

/** `file:` and a folder, or `memory:`. One for all definitions, which the page about outages can stop. */
export function playgroundStore(url: string): SessionStore {
  const known = opened.get(url) ?? stoppable(open(url))
  opened.set(url, known)
  return known
}

/** Until then every call of the store fails. */
export function stopStore(seconds: number): void {
  downUntil = Date.now() + seconds * 1000
}

function open(url: string): SessionStore {
  if (url.startsWith('memory:')) return memoryStore()
  return fileStore({ folder: url.replace(/^file:(\/\/)?/, ''), durable: false })
}

function stoppable(store: SessionStore): SessionStore {
  return new Proxy(store, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) =>
        Date.now() < downUntil ? Promise.reject(new Error('The store is stopped.')) : value.apply(target, args)
    },
  })
}

/** Those of NUXT_ZESSION_SECRETS. A playground runs without, too; your app uses `sessionSecrets` alone. */
export function playgroundSecrets(): readonly string[] {
  return useRuntimeConfig().zession?.secrets ? sessionSecrets() : ['the secret of every playground: no secret at all']
}
