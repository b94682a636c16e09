import * as z from 'zod'
import { defineSession, memoryStore } from '../../../../src/index.js'
import type { SessionOptions } from '../../../../src/session/definition/options.js'
import { fakeClock } from '../../../../src/testing/fake-clock.js'
import { createTestClient } from '../../../../src/testing/test-client.js'

export const schema = z.object({ userId: z.string().optional(), cart: z.string().optional(), n: z.number().default(0) })

export const flash = z.object({ note: z.string() })

export type Call = 'read' | 'create' | 'update' | 'touch' | 'destroy' | 'move' | 'bySubject'

/** A store that says before each call which it is; what it waits for, the call waits for. */
export function watchedStore() {
  const store = memoryStore()
  const watched = { store, calls: [] as Call[], before: (_call: Call): unknown => undefined }
  for (const name of ['read', 'create', 'update', 'touch', 'destroy', 'move'] as const) {
    const original = store[name].bind(store) as (...args: unknown[]) => Promise<unknown>
    store[name] = (async (...args: unknown[]) => {
      watched.calls.push(name)
      await watched.before(name)
      return original(...args)
    }) as never
  }
  const bySubject = store.bySubject.bind(store)
  store.bySubject = async function* (subject) {
    watched.calls.push('bySubject')
    await watched.before('bySubject')
    yield* bySubject(subject)
  }
  return watched
}

export type Options = SessionOptions<typeof flash, typeof schema> & { readonly unlimited?: boolean }

export function setUp({ unlimited, ...options }: Options = {}) {
  const watched = watchedStore()
  const clock = fakeClock()
  const destroyed: (string | undefined)[] = []
  const definition = defineSession(schema, {
    store: watched.store,
    clock,
    flash,
    subject: 'userId',
    ...(unlimited ? {} : { maxPerSubject: 1 }),
    hooks: { destroyed: ({ ref }) => void destroyed.push(ref) },
    ...options,
  })
  return { watched, clock, definition, destroyed, client: () => createTestClient(definition) }
}

export type Client = ReturnType<ReturnType<typeof setUp>['client']>
export const userOf = async (client: Client) => (await client.request((session) => session.get('userId'))).value
export const cartOf = async (client: Client) => (await client.request((session) => session.get('cart'))).value
export const login = (client: Client, user = 'ann') => client.request((session) => session.set('userId', user))
export const outcomeOf = (request: Promise<unknown>) =>
  request.then(
    () => 'in',
    (error: { code?: string }) => error.code,
  )

/** Holds the first call of a kind, or the nth, until it is released. */
export function hold(watched: ReturnType<typeof watchedStore>, held: Call, nth = 1) {
  let release = () => {}
  let arrived = () => {}
  const waiting = new Promise<void>((resolve) => (release = resolve))
  const there = new Promise<void>((resolve) => (arrived = resolve))
  let met = 0
  watched.before = async (call) => {
    if (call !== held || ++met !== nth) return
    arrived()
    await waiting
  }
  return { release, there }
}

/** Runs `meanwhile` just before the first call of a kind, or the nth. */
export function justBefore(
  watched: ReturnType<typeof watchedStore>,
  expected: Call,
  meanwhile: () => Promise<unknown>,
  nth = 1,
) {
  let met = 0
  watched.before = async (call) => {
    if (call !== expected || ++met !== nth) return
    await meanwhile()
  }
}

/** A second tab of the same browser. */
export function tabOf(other: Client, tab: Client): Client {
  tab.cookie = other.cookie
  return tab
}
