import { computed, customRef, type Ref } from '#imports'
import type { SessionView } from '../../file-types.js'
import { MAIN } from '../../names.js'
import { ticks } from './clock.js'
import { sessionOnClient, sessionOnServer } from './sessions.js'
import { viewState } from './view-state.js'

/** `useSession` of pages. Its types are made from the app's definition files. */
export function useSession(name: string = MAIN): object {
  return import.meta.server ? onServer(name) : onClient(name)
}

function onServer(name: string) {
  const session = sessionOnServer(name)
  const state = viewState(name)
  // Looked up at every use: what a component of the page changed by an internal request is seen by those after it.
  const shown = <T>(of: (view: SessionView) => T) =>
    customRef(() => ({ get: () => of(session?.view() ?? state.value), set() {} }))
  return {
    data: shown((view) => view.data),
    status: shown((view) => view.status),
    expiresAt: shown(expiresAt),
    expiresIn: shown((view) => secondsLeft(view, view.now)),
    refresh: async () => {},
    logout: refusing('logout'),
    set: refusing('set'),
  }
}

function onClient(name: string) {
  const session = sessionOnClient(name)
  const { state } = session
  return {
    data: computed(() => state.value.data),
    status: computed(() => state.value.status),
    expiresAt: computed(() => expiresAt(state.value)),
    expiresIn: countdown(session.state, () => session.now()),
    refresh: () => session.refresh(),
    logout: () => session.logout(),
    set: (key: string, value: unknown) => session.set(key, value),
  }
}

/** As the server rendered it first; it begins to run when it was shown. */
function countdown(state: Readonly<Ref<SessionView>>, now: () => number): Readonly<Ref<number | undefined>> {
  return computed(() => secondsLeft(state.value, ticks() === 0 ? state.value.now : now()))
}

function expiresAt(view: SessionView): Date | undefined {
  return view.expiresAt === undefined ? undefined : new Date(view.expiresAt)
}

function secondsLeft(view: SessionView, now: number): number | undefined {
  return view.expiresAt === undefined ? undefined : Math.max(0, Math.ceil((view.expiresAt - now) / 1000))
}

function refusing(call: string) {
  return () =>
    Promise.reject(
      new Error(
        `${call}() of the page's useSession() runs in the browser. While a page is rendered, change the session in a handler under server/.`,
      ),
    )
}
