import { useNuxtApp } from '#imports'
import type { PageSession } from '../../bridge.js'
import type { ClientSession } from './client.js'

/** The session of the page that is being rendered; undefined where it is rendered for everybody. */
export function sessionOnServer(name: string): PageSession | undefined {
  return useNuxtApp().$zession(name) as PageSession | undefined
}

/** The session of this tab. Made by the plugin, so that what it needs is in no server's bundle. */
export function sessionOnClient(name: string): ClientSession {
  return useNuxtApp().$zession(name) as ClientSession
}
