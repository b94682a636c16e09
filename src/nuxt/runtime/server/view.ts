import { createHash } from 'node:crypto'
import { types } from '#zession/types'
import { SessionConfigError, SessionError } from '../../../core/errors.js'
import { lifetimeOf } from '../../../session/handle/lifetime-of.js'
import type { SessionView } from '../../file-types.js'
import { stringify } from '../app/wire.js'
import type { AnySession, SessionFile } from './definitions.js'

/** What is sent of a session to its page. @throws SessionConfigError for an instance of a class that pages do not know */
export function viewOf(file: SessionFile, session: AnySession): SessionView {
  const { definition, channels } = file
  const clock = definition.options.clock ?? Date.now
  try {
    const isStored = session.ref !== undefined || session.changed
    const data = file.expose(session)
    assertKnown(file, data)
    const waiting = channels.filter((channel) => session.flash.has(channel as never))
    const expiresAt = isStored ? session.expiresAt.getTime() : undefined
    return {
      status: isStored ? 'active' : 'anonymous',
      data,
      expiresAt,
      // Read after the deadline, which slides along with it: no page may say that more is left than a session may live.
      now: clock(),
      waiting,
      hash: hashOf(session, isStored, data, waiting),
    }
  } catch (error) {
    if (!(error instanceof SessionError) || error.code !== 'ERR_SESSION_DESTROYED') throw error
    return { ...ENDED, now: clock() }
  }
}

const ENDED = { status: 'ended', data: {}, expiresAt: undefined, waiting: [], hash: 'ended' } as const

/** With the ref, which only the server knows, so that nobody finds out by trying what few values there are. */
function hashOf(session: AnySession, isStored: boolean, data: object, waiting: readonly string[]): string {
  const { absoluteExpiresAt, idleMs } = lifetimeOf(session)
  const lifetime = isStored ? [absoluteExpiresAt, idleMs] : []
  const text = `${session.ref ?? ''}\n${stringify([data, waiting, lifetime])}`
  return createHash('sha256').update(text).digest('base64url').slice(0, 16)
}

/** Nuxt would say no more than that there is something that it cannot write. */
function assertKnown({ file, definition }: SessionFile, data: Readonly<Record<string, unknown>>): void {
  const registry = definition.options.types
  if (!registry || types) return
  for (const [key, value] of Object.entries(data)) {
    const found = typeof value === 'object' && value !== null ? registry.of(value) : undefined
    if (!found) continue
    throw new SessionConfigError(
      `${file} exposes \`${key}\`, a ${found.name} of its \`types\`, which pages do not know. Move the registry into shared/session-types.ts, as its default export, and import it from there.`,
    )
  }
}
