import { onScopeDispose, onServerPrefetch, type Ref, shallowRef, useNuxtApp, useState, watch } from '#imports'
import { MAIN } from '../../names.js'
import { sessionOnClient, sessionOnServer } from './sessions.js'

/** `useFlash` of pages: the value is taken once, for all components that show the channel when it is. */
export function useFlash(channel: string, name: string = MAIN): Ref<unknown> {
  const key = `zession:${name}:${channel}`
  const handed = useState<unknown>(key, () => shallowRef<unknown>(undefined))
  return import.meta.server ? onServer(channel, name, handed) : onClient(channel, name, handed)
}

const taking = new WeakMap<object, Map<string, Promise<void>>>()

function onServer(channel: string, name: string, handed: Ref<unknown>): Ref<unknown> {
  const session = sessionOnServer(name)
  if (!session) return handed
  const app = useNuxtApp()
  const all = taking.get(app) ?? new Map<string, Promise<void>>()
  taking.set(app, all)
  onServerPrefetch(() => {
    const key = `${name}:${channel}`
    const taken = all.get(key) ?? session.take(channel).then((value) => void (handed.value = value))
    all.set(key, taken)
    return taken
  })
  return handed
}

/** What shows each channel now. */
const shown = new Map<string, Set<Ref<unknown>>>()

function onClient(channel: string, name: string, handed: Ref<unknown>): Ref<unknown> {
  const app = useNuxtApp()
  const session = sessionOnClient(name)
  const key = `${name}:${channel}`
  const all = shown.get(key) ?? new Set()
  shown.set(key, all)
  // Of its own, so that the next page does not show it again.
  const value = shallowRef(app.isHydrating ? handed.value : undefined)
  if (app.isHydrating) app.hook('app:suspense:resolve', () => void (handed.value = undefined))
  all.add(value)
  onScopeDispose(() => all.delete(value))
  watch(
    () => session.state.value.waiting.includes(channel),
    (waits) => {
      if (waits) void take()
    },
    { immediate: true },
  )
  return value

  async function take(): Promise<void> {
    if (pending.has(key)) return
    pending.add(key)
    try {
      const taken = await session.take(channel)
      if (taken !== undefined) for (const each of all) each.value = taken
    } catch {
      // It waits on the server, for the next time.
    } finally {
      pending.delete(key)
    }
  }
}

const pending = new Set<string>()
