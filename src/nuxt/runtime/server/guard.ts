import { guards } from '#zession/guards'
import { SessionConfigError, SessionError } from '../../../core/errors.js'
import { nearest } from '../../../core/options/nearest.js'
import type { H3EventLike } from '../../../h3/event.js'
import { useSession } from '../../../h3/use-session.js'
import { requireRecent } from '../../../session/handle/require-recent.js'
import { guardsOf, type SessionGuard } from '../../guards.js'
import { loggedOut } from '../../logged-out.js'
import { MAIN } from '../../names.js'
import { sessionFile } from './definitions.js'

/** Why a path is refused: to be answered with a redirect where the guard has one. */
export interface Refusal {
  readonly guard: SessionGuard
  readonly error: SessionError
}

/** @throws SessionConfigError for a guard that asks for what is not there */
export function assertGuards(): void {
  const all = [
    ...guards.rules.map(([pattern, guard]) => [`routeRules['${pattern}']`, guard] as const),
    ...guards.pages.map(([pattern, guard]) => [`definePageMeta of the page ${pattern}`, guard] as const),
  ]
  for (const [where, { require, name = MAIN }] of all) {
    const keys = Object.keys(sessionFile(name).definition.schema._zod.def.shape)
    for (const key of listOf(require)) {
      if (keys.includes(key)) continue
      const near = nearest(key, keys)
      throw new SessionConfigError(
        `\`session.require\` in ${where} is \`${key}\`, which is no key of the schema in ${sessionFile(name).file}. ${near === undefined ? `Its keys are ${keys.join(', ') || 'none'}.` : `Did you mean \`${near}\`?`}`,
      )
    }
  }
}

/** Whether the visitor may see a path. @throws StoreError */
export async function refusalOf(event: H3EventLike, path: string): Promise<Refusal | undefined> {
  for (const guard of guardsOf(guards, path)) {
    const error = await refusalBy(guard, event)
    if (error) return { guard, error }
  }
  return undefined
}

async function refusalBy(guard: SessionGuard, event: H3EventLike): Promise<SessionError | undefined> {
  const session = await useSession(event, sessionFile(guard.name ?? MAIN).definition)
  try {
    if (!listOf(guard.require).every((key) => holds(session.get(key as never)))) throw loggedOut()
    if (guard.recent !== undefined) requireRecent(session, guard.recent)
    return undefined
  } catch (error) {
    if (error instanceof SessionError && error.status === 401) return error
    throw error
  }
}

function holds(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false && value !== ''
}

function listOf(require: string | readonly string[] | undefined): readonly string[] {
  return require === undefined ? [] : [require].flat()
}
