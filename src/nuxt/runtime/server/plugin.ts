import { developmentStore } from '#zession/development'
import type { H3EventLike } from '../../../h3/event.js'
import { type H3AppLike, install } from '../../../h3/install.js'
import { tellChange } from './changed.js'
import { assertConfig } from './config.js'
import { sessionFiles } from './definitions.js'
import { assertGuards } from './guard.js'
import { bridge } from './page-session.js'

/** What is used of Nitro. */
type NitroAppLike = H3AppLike & {
  readonly hooks: { hook(name: 'request', run: (event: H3EventLike) => void): unknown }
}

/** The Nitro plugin: stores the sessions of every request, and hands them to its page. @throws SessionConfigError */
export default function zession(nitroApp: NitroAppLike): void {
  const files = sessionFiles()
  assertGuards()
  // What renders pages while the app is built has not the environment of the server.
  if (!import.meta.prerender) assertConfig()
  if (developmentStore)
    for (const { definition } of files.values()) definition.opener.assume({ store: developmentStore })
  install(nitroApp, { development: import.meta.dev }, tellChange)
  nitroApp.hooks.hook('request', (event) => {
    Object.assign(event.context, { zession: bridge })
  })
}
