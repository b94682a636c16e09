import { isExpired } from '../core/deadline.js'
import { SessionConfigError, SessionLimitError } from '../core/errors.js'
import { digestKey } from '../core/id.js'
import type { StoreKey } from '../stores/port.js'
import type { Contents } from './contents.js'
import type { Engine } from './engine.js'
import { beginEpoch } from './epoch.js'
import { type SessionInfo, toInfo } from './info.js'

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
    return digestKey(session, 'u1', String(id))
  }

  return {
    max,
    onLimit,
    named,
    of(contents) {
      const id = read(contents)
      if (id === undefined || id === null || id === '') return undefined
      if (typeof id === 'string' || typeof id === 'number' || typeof id === 'bigint') return named(id)
      throw new SessionConfigError(
        `\`subject\` of session \`${session}\` gave a ${typeof id}; it is a string, a number or a bigint, or undefined for nobody's session.`,
      )
    },
  }
}

/** Ends every session of a subject, those of logins under way too. @returns how many were ended */
export async function revokeSubject(engine: Engine, subject: SubjectId, except: string | undefined): Promise<number> {
  const named = policyOf(engine).named(subject)
  const endEpoch = await beginEpoch(engine, named)
  let ended = 0
  try {
    for await (const { key } of engine.backend().bySubject(named)) {
      if (engine.refOf(key) === except) continue
      if ((await engine.backend().destroy(key)) === 'gone') continue
      ended++
      engine.emitRef('destroyed', engine.refOf(key))
    }
  } finally {
    await endEpoch()
  }
  return ended
}

/** The live sessions of a subject, newest first. */
export async function listSubject(engine: Engine, subject: SubjectId): Promise<SessionInfo[]> {
  const found: SessionInfo[] = []
  for await (const { key, record } of engine.backend().bySubject(policyOf(engine).named(subject))) {
    const info = isExpired(record.expiresAt, engine.clock()) ? undefined : toInfo(engine, key, record)
    if (info) found.push(info)
  }
  return found.sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime() || (a.ref < b.ref ? -1 : 1))
}

/**
 * Refuses a session that would be one too many, before it is stored.
 * @throws SessionLimitError with `onLimit: 'refuse'`
 */
export async function assertRoom(engine: Engine, subject: string): Promise<void> {
  const { max, onLimit } = policyOf(engine)
  if (onLimit !== 'refuse' || max === Number.POSITIVE_INFINITY) return
  if ((await others(engine, subject, undefined)).length >= max) throw limitReached(engine)
}

/**
 * Holds the number of a subject's sessions to its maximum after one was stored under `own`. Of several that came at once
 * the oldest leave, or with `refuse` the newest are refused.
 * @throws SessionLimitError when it is this one that must leave
 */
export async function enforceLimit(engine: Engine, subject: string, own: StoreKey, createdAt: number): Promise<void> {
  const { max, onLimit } = policyOf(engine)
  if (max === Number.POSITIVE_INFINITY) return
  const all = [...(await others(engine, subject, own)), { key: own, createdAt }].sort(byAge)
  if (onLimit === 'oldest') {
    // All servers order them alike, so the newest `max` are in nobody's list, however many logins come at once.
    for (const { key } of all.slice(0, Math.max(0, all.length - max))) {
      if ((await engine.backend().destroy(key)) !== 'gone') engine.emitRef('destroyed', engine.refOf(key))
    }
    return
  }
  if (all.findIndex(({ key }) => key === own) < max) return
  await engine.backend().destroy(own)
  throw limitReached(engine)
}

interface Aged {
  readonly key: StoreKey
  readonly createdAt: number
}

/** The other live sessions of a subject. */
async function others(engine: Engine, subject: string, own: StoreKey | undefined): Promise<Aged[]> {
  const found: Aged[] = []
  for await (const { key, record } of engine.backend().bySubject(subject)) {
    if (key === own || isExpired(record.expiresAt, engine.clock())) continue
    const info = toInfo(engine, key, record)
    if (info) found.push({ key, createdAt: info.createdAt.getTime() })
  }
  return found
}

/** In what order sessions of one millisecond came is nobody's business, as long as all servers agree. */
function byAge(a: Aged, b: Aged): number {
  return a.createdAt - b.createdAt || (a.key < b.key ? -1 : 1)
}

function policyOf(engine: Engine): SubjectPolicy {
  if (engine.subjects) return engine.subjects
  throw new SessionConfigError(
    `Session \`${engine.name}\` has no \`subject\`, so it does not know whose sessions there are. Set it to the key of the user id.`,
  )
}

function limitReached(engine: Engine): SessionLimitError {
  return new SessionLimitError(
    `Session \`${engine.name}\`: this subject has as many sessions as \`maxPerSubject\` allows. End one of them first, or set \`onLimit: 'oldest'\`.`,
  )
}
