import type { NoFlash, SessionSchema } from '../schema/types.js'
import type { Settings } from '../session/definition/settings.js'
import { isSealedCarrier } from '../stores/sealed.js'
import type { AuditFacts } from './facts.js'

/** @param cookieName as production writes it */
export function factsOf(settings: Settings<SessionSchema | NoFlash>, cookieName: string): AuditFacts {
  const { store, cookie = {}, hooks = {} } = settings
  const sealed = isSealedCarrier(store) ? store : undefined
  const { embed = false } = cookie
  return {
    session: settings.name,
    maxAge: settings.maxAge,
    idleTimeout: settings.idleTimeout,
    rotateEvery: settings.rotateEvery,
    endsReused: settings.rotateEvery !== undefined && settings.onReuse === 'revoke',
    travelsBy: settings.transport ? 'transport' : 'cookie',
    cookie: {
      name: cookieName,
      secure: cookie.secure ?? true,
      httpOnly: cookie.httpOnly ?? true,
      sameSite: cookie.sameSite ?? (embed ? 'none' : 'lax'),
      domain: cookie.domain,
      path: cookie.path ?? '/',
      partitioned: cookie.partitioned ?? embed,
      persistent: cookie.persistent ?? false,
    },
    sealed: sealed && {
      encrypted: sealed.isEncrypted,
      revocations: sealed.revocations !== undefined,
      lag: sealed.revocations?.lag ?? 0,
      chunks: sealed.chunks,
    },
    store: store === undefined ? IN_MEMORY : typeof store === 'function' ? undefined : store.guarantees,
    encrypts: settings.encrypt !== false,
    hasSubject: settings.subject !== undefined,
    maxPerSubject: settings.maxPerSubject,
    onLimit: settings.onLimit,
    hasOwnIds: settings.generateId !== undefined,
    clearSiteData: settings.clearSiteData !== undefined && settings.clearSiteData !== false,
    hooks: Object.keys(hooks),
  }
}

/** What the default store promises. */
const IN_MEMORY = { atomicUpdate: true, durable: false, shared: false, revocable: true } as const
