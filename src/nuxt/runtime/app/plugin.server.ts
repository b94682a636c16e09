import { defineNuxtPlugin, useRequestEvent } from '#imports'
import type { PageBridge, PageSession } from '../../bridge.js'
import { viewState } from './view-state.js'

/** On the server the sessions are there before middleware, other plugins and components run, so that none of them waits. */
export default defineNuxtPlugin({
  name: 'zession',
  enforce: 'pre',
  async setup(app) {
    const event = useRequestEvent()
    const bridge = bridgeOf(event)
    const sessions = new Map<string, PageSession>()
    app.provide('zession', (name: string) => sessions.get(name))
    if (!event || !bridge || import.meta.prerender) return
    const states = new Map(bridge.names.map((name) => [name, viewState(name)]))
    // What the page was rendered with last is what its browser begins with.
    app.hook('app:rendered', () => {
      for (const [name, session] of sessions) {
        const state = states.get(name)
        if (state) state.value = session.view()
        session.seal()
      }
    })
    await Promise.all(
      bridge.names.map(async (name) => {
        const session = await bridge.open(event, name)
        if (session) sessions.set(name, session)
      }),
    )
  },
})

function bridgeOf(event: { readonly context: object } | undefined): PageBridge | undefined {
  return (event?.context as { readonly zession?: PageBridge } | undefined)?.zession
}
