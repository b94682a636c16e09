import { digestKey } from '../../core/id.js'
import { checkValue } from '../../core/options/check.js'
import { test } from '../../core/options/rule.js'
import { isWellFormed } from '../../core/well-formed.js'
import type { Contents } from './contents.js'

/** What a subject is to the app: a user id, mostly. */
export type SubjectId = string | number | bigint

/**
 * NaN is one name for many, and an empty text is nobody's. Texts that are no Unicode have one hash, so that each could list and end
 * the sessions of the other.
 */
function isSubjectId(id: unknown): id is SubjectId {
  if (typeof id === 'number') return Number.isFinite(id)
  return typeof id === 'bigint' || (typeof id === 'string' && id !== '' && isWellFormed(id))
}

const subjectRule = test<SubjectId>(
  'a string that is not empty and has no lone surrogate, a finite number or a bigint',
  isSubjectId,
)

export interface SubjectPolicy {
  /** Whose session it is by its contents, as stores know it; undefined for nobody's. */
  of(contents: Contents): string | undefined
  /** A subject as stores know it: hashed, and apart from that of other definitions. */
  named(subject: SubjectId): string
  /** How many sessions one subject may have; Infinity for any number. */
  readonly max: number
  /** Whether a store can list its sessions. If not, nobody has to look for a revocation that might miss one. */
  readonly isListed: boolean
  /** What a login over `max` does: ends the oldest, is refused; or nobody counts. */
  readonly limit: 'oldest' | 'refuse' | 'none'
}

export interface SubjectOptions {
  /** A key of the schema, or a function of the data. */
  readonly subject: string | ((data: never) => SubjectId | null | undefined)
  readonly max: number
  readonly onLimit: 'oldest' | 'refuse'
  readonly isListed: boolean
}

export function createSubjectPolicy(session: string, options: SubjectOptions): SubjectPolicy {
  const { subject, max, onLimit, isListed } = options
  const read = (contents: Contents): unknown =>
    typeof subject === 'string'
      ? contents.data.get(subject)?.value
      : subject(Object.fromEntries([...contents.data].map(([key, entry]) => [key, entry.value])) as never)

  /** The last one: a write asks for the same subject three times. */
  let last: { readonly text: string; readonly digest: string } | undefined

  function digestOf(id: SubjectId): string {
    const text = String(id)
    if (last?.text !== text) last = { text, digest: digestKey(session, 'u1', text) }
    return last.digest
  }

  function named(id: SubjectId): string {
    checkValue(`The subject given to \`subjects\` of session \`${session}\``, subjectRule, id)
    return digestOf(id)
  }

  return {
    max,
    isListed,
    limit: max === Number.POSITIVE_INFINITY ? 'none' : onLimit,
    named,
    of(contents) {
      const id = read(contents)
      if (id === undefined || id === null || id === '') return undefined
      if (!isSubjectId(id)) checkValue(`What \`subject\` of session \`${session}\` returned`, subjectRule, id)
      return digestOf(id)
    },
  }
}
