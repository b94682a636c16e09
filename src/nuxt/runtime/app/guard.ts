import { abortNavigation, createError, defineNuxtRouteMiddleware, navigateTo, useNuxtApp } from '#imports'
import { guards } from '#zession/guarded'
import { guardsOf } from '../../guards.js'
import { sessionOnClient } from './sessions.js'

/** Before a guarded page is shown in the browser, the server is asked whether it may be; its own requests it guards itself. */
export default defineNuxtRouteMiddleware(async (to) => {
  if (import.meta.server || useNuxtApp().isHydrating) return undefined
  const name = guardsOf(guards, to.path).find((guard) => guard.name !== undefined)?.name
  if (name === undefined) return undefined
  const { may, wayTo } = await sessionOnClient(name).may(to.fullPath)
  if (may) return undefined
  return wayTo === undefined
    ? abortNavigation(createError({ statusCode: 401, message: 'This needs a login.' }))
    : navigateTo(wayTo)
})
