import { SessionError } from '../../../core/errors.js'
import { type H3EventLike, responseOf } from '../../../h3/event.js'
import { useSession } from '../../../h3/use-session.js'
import type { PageBridge, PageSession } from '../../bridge.js'
import type { SessionView } from '../../file-types.js'
import { type AnySession, type SessionFile, sessionFile, sessionFiles } from './definitions.js'
import { viewOf } from './view.js'

export const bridge: PageBridge = {
  get names() {
    return [...sessionFiles().keys()]
  },
  async open(given, name) {
    const event = given as H3EventLike
    const file = sessionFile(name)
    try {
      return pageSession(event, file, await useSession(event, file.definition))
    } catch (error) {
      // A page that others get too: its visitors ask for their session when they have it.
      if (error instanceof SessionError && error.code === 'ERR_SESSION_CACHED') return undefined
      throw error
    }
  },
}

function pageSession(event: H3EventLike, file: SessionFile, session: AnySession): PageSession {
  let shown: SessionView | undefined
  return {
    view() {
      const view = viewOf(file, session)
      // While a page is rendered its deadline slides along with the clock, and the browser must not find another than the HTML.
      const isSame = shown && (shown.expiresAt === view.expiresAt || Math.abs(left(shown) - left(view)) < 1000)
      shown = shown && isSame ? { ...view, now: shown.now, expiresAt: shown.expiresAt } : view
      return shown
    },
    take: (channel) => session.flash.take(channel as never) as Promise<unknown>,
    seal() {
      if (viewOf(file, session).status !== 'anonymous') responseOf(event).setDefault('cache-control', 'no-store')
    },
  }
}

function left(view: SessionView): number {
  return view.expiresAt === undefined ? Number.POSITIVE_INFINITY : view.expiresAt - view.now
}
