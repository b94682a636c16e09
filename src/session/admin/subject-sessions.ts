import { isExpired } from '../../core/deadline.js'
import { forEach } from '../../core/each.js'
import { SessionConfigError, SessionConflictError } from '../../core/errors.js'
import { group, test, text } from '../../core/options/rule.js'
import { beginEpoch } from '../coordination/epoch.js'
import { endSession } from '../coordination/moves.js'
import { keyBehind } from '../coordination/redirects.js'
import type { SessionRecords } from '../record/records.js'
import type { SubjectId, SubjectPolicy } from '../record/subject-policy.js'
import { keyOf, type SessionInfo, toInfo } from './session-info.js'

/** A session that a revocation leaves alone: a handle, or what `list` gave, which has no id. */
export interface Spared {
  /** Its `ref`. */
  readonly ref: string | undefined
  /** Its id, which a handle has. */
  readonly id?: string | undefined
}

/** Options of `subjects.revoke`. */
export interface RevokeOptions {
  /** The session that goes on: a handle, or what `list` gave. @default none */
  readonly except?: Spared | undefined
  /** The only session that ends, by its `ref`. Not together with `except`. @default all end */
  readonly ref?: string | undefined
}

export const revokeRule = group<RevokeOptions>({
  // A ref alone, or an id, would spare nothing.
  except: test('a session, or one that `subjects.list` gave', (value) =>
    typeof value === 'object' && value !== null && 'ref' in value),
  ref: text('the `ref` of a session'),
})

/** How often the sessions are listed again because another server took the revocation for dead. */
const MAX_ROUNDS = 20

/**
 * Ends every session of a subject, those of logins in flight too, or with `ref` just that one. @returns how many were ended
 * @throws SessionConfigError for `ref` beside `except`
 */
export async function revokeSubject(
  records: SessionRecords,
  subject: SubjectId,
  options: RevokeOptions,
): Promise<number> {
  const { except, ref } = options
  const named = policyOf(records).named(subject)
  if (!('ref' in options)) return revokeAll(records, named, except)
  if (except)
    throw new SessionConfigError(
      `subjects.revoke of session \`${records.name}\` got \`ref\` and \`except\`: \`ref\` ends that session alone, \`except\` spares one. Give one of them.`,
    )
  // Ending all of them is not what a caller means who has lost the ref.
  if (ref === undefined)
    throw new SessionConfigError(
      `subjects.revoke of session \`${records.name}\` got a \`ref\` that is undefined. Give the \`ref\` of a session, or leave it out to end all.`,
    )
  return revokeOne(records, named, ref)
}

async function revokeAll(records: SessionRecords, named: string, except: Spared | undefined): Promise<number> {
  let ended = 0
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const revocation = await beginEpoch(records, named)
    let alone = true
    try {
      const spared = except && (await refsOf(records, except))
      await forEach(records.store().bySubject(named), async ({ key }) => {
        if (spared?.includes(records.refOf(key))) return
        if ((await records.store().destroy(key)) === 'gone') return
        ended++
        records.emitRef('destroyed', records.refOf(key))
      })
    } finally {
      alone = await revocation.end()
    }
    if (alone) return ended
  }
  throw new SessionConflictError(
    `A revocation of session \`${records.name}\` was taken for dead ${MAX_ROUNDS} times by other servers. Is its store, or this process, that slow? Try again.`,
  )
}

async function revokeOne(records: SessionRecords, named: string, ref: string): Promise<number> {
  for await (const { key, record } of records.store().bySubject(named)) {
    if (records.refOf(key) !== ref) continue
    if ((await endSession(records, key, record.revision)) === 'gone') return 0
    records.emitRef('destroyed', ref)
    return 1
  }
  return 0
}

/** What a session is called, also when another request has taken it to a new id since this one has seen it. */
async function refsOf(records: SessionRecords, spared: Spared): Promise<(string | undefined)[]> {
  const { ref, id } = spared
  const listed = keyOf(spared)
  const known = id !== undefined && records.ids.accepts(id) ? records.keys.of(id) : listed
  const current = known && (await keyBehind(records, known))
  return [ref, current && records.refOf(current)]
}

/** The live sessions of a subject, newest first. */
export async function listSubject(records: SessionRecords, subject: SubjectId): Promise<SessionInfo[]> {
  const found: SessionInfo[] = []
  for await (const { key, record } of records.store().bySubject(policyOf(records).named(subject))) {
    const info = isExpired(record.expiresAt, records.clock()) ? undefined : toInfo(records, key, record)
    if (info) found.push(info)
  }
  return found.sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime() || (a.ref < b.ref ? -1 : 1))
}

function policyOf(records: SessionRecords): SubjectPolicy {
  if (records.subjects) return records.subjects
  throw new SessionConfigError(
    `Session \`${records.name}\` has no \`subject\`, so it does not know whose sessions there are. Set it to the key of the user id.`,
  )
}
