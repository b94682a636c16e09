import { files } from '#zession/definitions'
import { SessionConfigError } from '../../../core/errors.js'
import { nearest } from '../../../core/options/nearest.js'
import { describeShape } from '../../../core/shape.js'
import type { TypeRegistry } from '../../../core/type-registry.js'
import { isObject } from '../../../core/value.js'
import { isDefinition } from '../../../edge/definition.js'
import type { Managed } from '../../../edge/request-sessions.js'
import type { SessionSchema } from '../../../schema/types.js'
import type { Session } from '../../../session/handle/session.js'
import { MAIN } from '../../names.js'

export type AnyDefinition = Managed<SessionSchema, SessionSchema> & {
  readonly schema: SessionSchema
  readonly options: { readonly flash?: SessionSchema; readonly clock?: () => number; readonly types?: TypeRegistry }
}

export type AnySession = Session<SessionSchema, SessionSchema>

/** A definition file, checked. */
export interface SessionFile {
  readonly file: string
  readonly definition: AnyDefinition
  /** What pages may see. */
  readonly expose: (session: AnySession) => Readonly<Record<string, unknown>>
  /** What pages may set. */
  readonly writable: readonly string[]
  /** Its flash channels. */
  readonly channels: readonly string[]
}

let checked: ReadonlyMap<string, SessionFile> | undefined

/** All of them, by name. @throws SessionConfigError for a file that does not export what it should */
export function sessionFiles(): ReadonlyMap<string, SessionFile> {
  return (checked ??= new Map(Object.entries(files).map(([name, { file, module }]) => [name, check(file, module)])))
}

/** @throws SessionConfigError when there is none of that name */
export function sessionFile(name: string): SessionFile {
  const all = sessionFiles()
  const found = all.get(name)
  if (found) return found
  if (name === MAIN)
    throw new SessionConfigError(
      'There is no server/session.ts, whose session useSession(event) is about. Write one that exports defineSession(...) as its default, or name a file of server/sessions: useSession(event, name).',
    )
  const near = nearest(name, [...all.keys()])
  throw new SessionConfigError(
    `There is no session \`${name}\`: no file of that name in server/sessions.${near === undefined ? '' : ` Did you mean \`${near}\`?`}`,
  )
}

function check(file: string, module: Readonly<Record<string, unknown>>): SessionFile {
  const { default: definition } = module
  if (!isDefinition(definition)) {
    const other = Object.keys(module).find((name) => isDefinition(module[name]))
    const hint = other === undefined ? 'Write: export default defineSession(...).' : `Write: export default ${other}.`
    throw new SessionConfigError(
      `${file} must export what defineSession(...) returned as its default, and exports ${definition === undefined ? 'no default' : describeShape(definition)}. ${hint}`,
    )
  }
  const known = definition as AnyDefinition
  const keys = keysOf(known.schema)
  const writable = keyList(file, 'writable', module['writable'], keys)
  return {
    file,
    definition: known,
    expose: typeof module['expose'] === 'function' ? calling(file, module['expose']) : picking(file, module, keys),
    writable,
    channels: known.options.flash ? keysOf(known.options.flash) : [],
  }
}

function picking(file: string, module: Readonly<Record<string, unknown>>, keys: readonly string[]) {
  const list = keyList(file, 'expose', module['expose'], keys)
  return (session: AnySession) => {
    const view: Record<string, unknown> = {}
    for (const key of list) {
      const value = session.get(key as never) as unknown
      if (value !== undefined) view[key] = value
    }
    return view
  }
}

function calling(file: string, expose: unknown) {
  return (session: AnySession) => {
    const view: unknown = (expose as (session: AnySession) => unknown)(session)
    if (isObject(view) && !Array.isArray(view) && typeof view['then'] !== 'function') return view
    throw new SessionConfigError(
      `The function \`expose\` of ${file} must return an object with what pages may see, and returned ${describeShape(view)}.`,
    )
  }
}

/** @throws SessionConfigError unless it is absent, or a list of keys of the schema */
function keyList(file: string, name: string, list: unknown, keys: readonly string[]): readonly string[] {
  if (list === undefined) return []
  if (!Array.isArray(list))
    throw new SessionConfigError(
      `\`${name}\` of ${file} must be a list of keys, as in: export const ${name} = [${keys[0] === undefined ? '' : `'${keys[0]}'`}] as const. It is ${describeShape(list)}.`,
    )
  for (const key of list) {
    if (keys.includes(key as string)) continue
    const near = typeof key === 'string' ? nearest(key, keys) : undefined
    throw new SessionConfigError(
      `\`${name}\` of ${file} lists ${typeof key === 'string' ? `\`${key}\`` : describeShape(key)}, which is no key of the schema. ${near === undefined ? `Its keys are ${keys.join(', ') || 'none'}.` : `Did you mean \`${near}\`?`}`,
    )
  }
  return list as string[]
}

function keysOf(schema: SessionSchema): readonly string[] {
  return Object.keys(schema._zod.def.shape)
}
