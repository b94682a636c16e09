import { API, CHANGED } from '../../names.js'
import { browser } from './browser.js'

/**
 * Hears of every response of this app that has changed a session, by whichever function it was fetched: `$fetch`, `useFetch` and
 * libraries all end here.
 */
export function listen(changed: (name: string, hash: string) => void): void {
  const { fetch } = browser
  browser.fetch = async (...args) => {
    const response = await fetch(...args)
    for (const [name, hash] of changesIn(response)) changed(name, hash)
    return response
  }
}

function changesIn({ url, headers }: Response): readonly (readonly [name: string, hash: string])[] {
  const text = headers.get(CHANGED)
  // What pages ask for themselves comes with what there is.
  if (text === null || !url.startsWith(`${browser.location.origin}/`) || new URL(url).pathname === API) return []
  return text.split(', ').map((each) => {
    const at = each.lastIndexOf('=')
    return [each.slice(0, at), each.slice(at + 1)] as const
  })
}
