import { createHash, randomBytes } from 'node:crypto'
import { CSRF_KEY } from '../record/contents.js'
import { assertReadable, assertWritable } from '../request/guard.js'
import { type Session, unitOf } from './session.js'

/** Any session, whatever its schema. */
export type AnySession = Pick<Session<never>, 'ref' | 'isNew'>

/** The secret of a session from which its CSRF tokens are made; undefined until the first was asked for. */
export function csrfSeedOf(session: AnySession): string | undefined {
  const unit = unitOf(session)
  assertReadable(unit)
  const seed = unit.view.carried.get(CSRF_KEY)
  return typeof seed === 'string' ? seed : undefined
}

/**
 * The same, made where there is none and stored with the session. It stays with a new id for hygiene (`rotate`), and goes with a change
 * of privilege (`regenerate`): a token from before a login is worth nothing after it.
 */
export function makeCsrfSeed(session: AnySession): string {
  const known = csrfSeedOf(session)
  if (known !== undefined) return known
  const unit = unitOf(session)
  assertWritable(unit, 'The first CSRF token')
  // Parallel requests of one session make the same one, so that each of them may show its form.
  const seed = unit.id === undefined ? randomBytes(32).toString('base64url') : digestOf(unit.id)
  unit.change({
    kind: 'data',
    key: CSRF_KEY,
    apply: (draft) => {
      if (!draft.carried.has(CSRF_KEY)) draft.carried.set(CSRF_KEY, seed)
    },
  })
  return seed
}

function digestOf(id: string): string {
  return createHash('sha256').update(`zession csrf seed\0${id}`).digest('base64url')
}
