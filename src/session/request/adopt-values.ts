import {
  CodecError,
  SessionConfigError,
  SessionError,
  SessionValidationError,
  UnreadableRecordError,
} from '../../core/errors.js'
import { describeNoun } from '../../core/shape.js'
import { disown, isThenable } from '../../core/thenable.js'
import type { AdoptOptions } from '../definition/options.js'
import type { DefinitionRuntime } from '../definition/runtime.js'
import { type Contents, type Entry, emptyContents, toEntry } from '../record/contents.js'

/** The contents of a session made from old values, and the keys that the schema has refused. */
export interface MappedContents {
  readonly contents: Contents
  readonly refused: readonly string[]
}

/**
 * Makes the contents of a session from what another library had in one. What does not fit is left out and named.
 * @throws SessionValidationError when the whole breaks a rule across its keys; UnreadableRecordError when `map` throws
 * @throws SessionConfigError when `map` returns no object
 */
export function toContents(
  runtime: DefinitionRuntime,
  { map, login = false }: AdoptOptions,
  values: Readonly<Record<string, unknown>>,
  now: number,
): MappedContents {
  const { schema, records, policies } = runtime
  const given: unknown = map ? called(map, values, runtime.name) : values
  if (isThenable(given)) disown(given)
  if (typeof given !== 'object' || given === null || Array.isArray(given) || isThenable(given))
    throw new SessionConfigError(
      `\`map\` in \`adopt\` of session \`${runtime.name}\` returned ${describeNoun(given)}; it returns an object of keys and values.`,
    )
  const data = new Map<string, Entry>()
  const refused: string[] = []
  for (const [key, value] of Object.entries(given)) {
    const model = schema.keys.get(key)
    if (value === undefined || (!model && !map)) continue
    try {
      const typed = model?.fromApp(value, records.format.carryOf(key))
      if (!typed) refused.push(key)
      else if (typed.value !== undefined) data.set(key, toEntry(typed))
    } catch (error) {
      if (!(error instanceof SessionValidationError) && !(error instanceof CodecError)) throw error
      refused.push(key)
    }
  }
  if (data.size > 0) checkWhole(runtime, data)
  const begun = policies.begin(now)
  // Nobody knows when the user has logged in: not recently, as far as `requireRecent` is concerned.
  const lifetime = login ? begun : { ...begun, createdAt: Math.max(0, 2 * now - begun.absoluteExpiresAt - 1000) }
  return { contents: { ...emptyContents(lifetime, records.schemaVersion), data, idSince: now }, refused }
}

/** A mistake of `map`, or old values that nobody has thought of: they stay where they are, as damaged records do. */
function called(
  map: NonNullable<AdoptOptions['map']>,
  values: Readonly<Record<string, unknown>>,
  name: string,
): unknown {
  try {
    return map(values)
  } catch (cause) {
    throw new UnreadableRecordError(`\`map\` in \`adopt\` of session \`${name}\` threw an error (see cause).`, {
      cause,
    })
  }
}

/** Whether an error says that these values cannot be a session, which no other request will change. */
export function isUnfit(error: unknown): boolean {
  if (error instanceof SessionValidationError || error instanceof CodecError) return true
  return error instanceof SessionError && error.code === 'ERR_SESSION_TOO_LARGE'
}

function checkWhole({ schema }: DefinitionRuntime, entries: ReadonlyMap<string, Entry>): void {
  if (!schema.checkRefinements) return
  const data: Record<string, unknown> = {}
  for (const key of schema.defaulted) if (!entries.has(key.name)) data[key.name] = key.default().value
  for (const [key, { value }] of entries) data[key] = value
  schema.checkRefinements(data)
}
