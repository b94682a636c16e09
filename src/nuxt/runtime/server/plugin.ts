import type { H3EventLike } from '../../../h3/event.js'
import { type H3AppLike, installSessions } from '../../../h3/install.js'
import { sessionFiles } from './definitions.js'
import { assertGuards } from './guard.js'
import { bridge } from './page-session.js'

/** What is used of Nitro. */
type NitroAppLike = H3AppLike & {
  readonly hooks: { hook(name: 'request', run: (event: H3EventLike) => void): unknown }
}

/** The Nitro plugin: stores the sessions of every request, and hands them to its page. @throws SessionConfigError */
export default function zession(nitroApp: NitroAppLike): void {
  sessionFiles()
  assertGuards()
  installSessions(nitroApp, { development: import.meta.dev })
  nitroApp.hooks.hook('request', (event) => {
    Object.assign(event.context, { zession: bridge })
  })
}
