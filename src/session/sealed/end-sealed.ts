import { SessionConfigError } from '../../core/errors.js'
import type { StoreKey } from '../../stores/port.js'
import type { SessionRecords } from '../record/records.js'
import type { SubjectId } from '../record/subject-policy.js'
import type { SealedSessions } from './parts.js'

/** The session that a revocation leaves alone: a handle. */
interface Spared {
  readonly ref: string | undefined
  readonly id?: string | undefined
}

/** Ends a session that its client keeps, by its id. @returns true, for nobody can say whether there is one */
export async function destroySealed(sessions: SealedSessions, records: SessionRecords, id: string): Promise<boolean> {
  if (!records.ids.accepts(id)) return false
  const { revocations, overflow } = sessions
  if (!revocations) throw sessions.cannot('be ended from outside a request without `revocations`')
  const key = records.keys.of(id)
  await overflow?.destroy(key)
  if ((await revocations.end(key)) === 'gone') return false
  records.emitRef('destroyed', records.refOf(key))
  return true
}

/**
 * Ends all sessions of a subject, or all of the definition: it begins a new epoch, so nobody knows how many there were.
 * @returns 0
 */
export async function revokeSealed(
  sessions: SealedSessions,
  records: SessionRecords,
  subject: SubjectId | undefined,
  { except, ref }: { readonly except?: Spared | undefined; readonly ref?: string | undefined },
): Promise<number> {
  const { revocations } = sessions
  if (!revocations) throw sessions.cannot('be ended from outside a request without `revocations`')
  if (ref !== undefined) throw sessions.cannot('be found by `ref`')
  if (subject !== undefined && !records.subjects)
    throw new SessionConfigError(
      `Session \`${records.name}\` has no \`subject\`, so it does not know whose sessions there are. Set it to the key of the user id.`,
    )
  const spared: StoreKey[] = []
  if (except) {
    const { id } = except
    if (id === undefined || !records.ids.accepts(id))
      throw new SessionConfigError(
        `\`except\` of subjects.revoke() of session \`${records.name}\` is a session of this request: sessions that their clients keep are known by their id alone.`,
      )
    spared.push(records.keys.of(id))
  }
  await revocations.begin(subject === undefined ? undefined : records.subjects?.named(subject), spared)
  return 0
}
