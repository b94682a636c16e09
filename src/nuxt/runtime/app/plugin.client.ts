import { defineNuxtPlugin, navigateTo, refreshNuxtData, showError, useRouter } from '#imports'
import { guards } from '#zession/guarded'
import type { SessionView } from '../../file-types.js'
import { guardsOf } from '../../guards.js'
import { browser } from './browser.js'
import { changedOnClient, sessionOnClient } from './client.js'
import { listen } from './listen.js'
import { viewState } from './view-state.js'

/** In the browser a session is made when something of the page first uses it, or when the page is guarded by it. */
export default defineNuxtPlugin({
  name: 'zession',
  enforce: 'pre',
  setup(app) {
    const session = (name: string) => sessionOnClient(app, name, () => viewState(name), changed)
    app.provide('zession', session)
    listen(changedOnClient)
    let isLeaving = false
    app.hook('app:mounted', () => {
      const router = useRouter()
      router.beforeEach(() => void (isLeaving = true))
      router.afterEach(() => void (isLeaving = false))
      for (const name of guardsHere()) session(name)
    })
    browser.addEventListener('pageshow', ({ persisted }) => {
      if (!persisted || guardsHere().length === 0) return
      // The server decides before anything of the page is seen again.
      browser.document.documentElement.style.visibility = 'hidden'
      browser.location.reload()
    })

    function guardsHere() {
      return guardsOf(guards, useRouter().currentRoute.value.path).flatMap(({ name }) => name ?? [])
    }

    /** What was fetched for somebody who is gone goes with them, and so does the page where it is guarded. */
    function changed(view: SessionView, before: SessionView): void {
      const isGone = view.status === 'ended' && before.status === 'active'
      app.runWithContext(async () => {
        if (isGone) void refreshNuxtData()
        const [name] = guardsHere()
        if (name !== undefined) await leaveIfRefused(name)
      })
    }

    async function leaveIfRefused(name: string): Promise<void> {
      const router = useRouter()
      const path = router.currentRoute.value.fullPath
      const { may, wayTo } = await session(name).may(path)
      // Somebody may be on the way to another page by now, as after a logout that goes on by itself.
      if (may || isLeaving || router.currentRoute.value.fullPath !== path) return
      if (wayTo === undefined) showError({ statusCode: 401, message: 'This needs a login.' })
      else await navigateTo(wayTo)
    }
  },
})
