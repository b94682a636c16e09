import { abortNavigation, createError, defineNuxtRouteMiddleware, navigateTo, useNuxtApp } from '#imports'
import { guards } from '#zession/guards'
import { guardOf, wayOut } from '../../guards.js'
import { MAIN } from '../../names.js'
import { sessionOnClient } from './sessions.js'

/** Before a guarded page is shown in the browser, the server is asked whether it may be; its own requests it guards itself. */
export default defineNuxtRouteMiddleware(async (to) => {
  if (import.meta.server || useNuxtApp().isHydrating) return undefined
  const guard = guardOf(guards, to.path)
  if (!guard || (await sessionOnClient(guard.name ?? MAIN).may(to.fullPath))) return undefined
  const out = wayOut(guard, to.fullPath)
  return out === undefined
    ? abortNavigation(createError({ statusCode: 401, message: 'This needs a login.' }))
    : navigateTo(out)
})
