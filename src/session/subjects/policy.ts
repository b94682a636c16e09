import { SessionConfigError } from '../../core/errors.js'
import { digestKey } from '../../core/id.js'
import { disown, isThenable } from '../../core/thenable.js'
import { isWellFormed } from '../../core/well-formed.js'
import type { Contents } from '../contents.js'

/** What a subject is to the app: a user id, mostly. */
export type SubjectId = string | number | bigint

export interface SubjectPolicy {
  /** Whose session it is by its contents, as stores know it; undefined for nobody's. */
  of(contents: Contents): string | undefined
  /** A subject as stores know it: hashed, and apart from that of other definitions. */
  named(subject: SubjectId): string
  /** How many sessions one subject may have; Infinity for any number. */
  readonly max: number
  /** One more than `max`: end the oldest, or refuse the new one. */
  readonly onLimit: 'oldest' | 'refuse'
}

export interface SubjectOptions {
  /** A key of the schema, or a function of the data. */
  readonly subject: string | ((data: never) => SubjectId | null | undefined)
  readonly max: number
  readonly onLimit: 'oldest' | 'refuse'
}

export function createSubjectPolicy(session: string, options: SubjectOptions): SubjectPolicy {
  const { subject, max, onLimit } = options
  const read = (contents: Contents): unknown =>
    typeof subject === 'string'
      ? contents.data.get(subject)?.value
      : subject(Object.fromEntries([...contents.data].map(([key, entry]) => [key, entry.value])) as never)

  function named(id: SubjectId): string {
    const text = String(id)
    // Hashed as UTF-8, two such texts would be one subject, whose sessions each could list and end.
    if (!isWellFormed(text))
      throw new SessionConfigError(
        `A subject of session \`${session}\` has a lone surrogate, so it is no Unicode text. Use the user's id, or mend it with toWellFormed().`,
      )
    return digestKey(session, 'u1', text)
  }

  return {
    max,
    onLimit,
    named,
    of(contents) {
      const id = read(contents)
      if (id === undefined || id === null || id === '') return undefined
      if (typeof id === 'string' || typeof id === 'number' || typeof id === 'bigint') return named(id)
      if (isThenable(id)) disown(id)
      throw new SessionConfigError(
        `\`subject\` of session \`${session}\` gave a ${isThenable(id) ? 'promise' : typeof id}; it is a string, a number or a bigint, or undefined for nobody's session.`,
      )
    },
  }
}
