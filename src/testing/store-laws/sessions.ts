import * as z from 'zod'
import type { Clock } from '../../core/clock.js'
import { defineSession } from '../../define.js'
import { isMovable, type SessionStore, type StoreKey } from '../../stores/port.js'

/** Idle and absolute lifetime of the sessions below, in milliseconds. */
export const idleMs = 600_000
export const maxAgeMs = 1_800_000

/** Sessions over the store under test, as an app server with its own `clock` has them. */
export function sessionsOver(store: SessionStore, clock: Clock) {
  return defineSession(z.object({ n: z.number().int().default(0) }), {
    name: 'laws',
    flash: z.object({ note: z.string() }),
    store,
    clock,
    idleTimeout: idleMs / 1000,
    maxAge: maxAgeMs / 1000,
    touchAfter: 0,
    autoCollect: false,
    cookie: { secure: true },
  })
}
export type Sessions = ReturnType<typeof sessionsOver>

/** A session as a request with this cookie finds it, without leaving a trace. */
export function look({ opener }: Sessions, cookie: string) {
  return opener.openReadonly({ header: (name) => (name.toLowerCase() === 'cookie' ? cookie : undefined) })
}

/** Passes each call on to `around`, which runs it, or not, and answers. */
export type Around = (call: string, run: () => Promise<unknown>) => Promise<unknown>

const calls = new Set<unknown>(['read', 'create', 'update', 'touch', 'destroy', 'move'])

/**
 * The store under test as sessions see it, and which of the records that they wrote there still are. A law is one process,
 * in which every store keeps the guarantees that a definition asks for.
 */
export function observed(store: SessionStore, around: Around = (_, run) => run()) {
  const keys = new Set<StoreKey>()
  const seen = instead(store, (property, member) => {
    if (property === 'guarantees') return { atomicUpdate: true, durable: true, shared: true, revocable: true }
    if (!calls.has(property) || typeof member !== 'function') return member
    return (...args: unknown[]) => {
      if (property === 'create') keys.add(args[0] as StoreKey)
      if (property === 'move') keys.add(args[1] as StoreKey)
      return around(String(property), () => member.apply(store, args) as Promise<unknown>)
    }
  })
  const live = async () => {
    const found: StoreKey[] = []
    // Other short-lived records, such as the note of where a session was moved, are no sessions.
    for (const key of keys) if (key.includes(':h1.') && (await store.read(key))) found.push(key)
    return found
  }
  return { store: seen, live }
}

/** The store, and where it can move records also as one that cannot. */
export function portsOf(store: SessionStore): readonly SessionStore[] {
  if (!isMovable(store)) return [store]
  return [store, instead(store, (property, member) => (property === 'move' ? undefined : member))]
}

/** A view of `store` with other members. Not a proxy of the store itself, which may be frozen. */
function instead(store: SessionStore, member: (property: string | symbol, own: unknown) => unknown): SessionStore {
  return new Proxy({} as SessionStore, {
    get(_, property) {
      const own: unknown = Reflect.get(store, property)
      const given = member(property, own)
      return typeof given === 'function' && given === own ? given.bind(store) : given
    },
  })
}
