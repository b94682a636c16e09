import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { AuditReport } from '../audit/report.js'
import { TOOLS } from '../session/admin/tools.js'
import type { AuditProfile } from '../session/definition/profile.js'
import { UsageError } from './usage-error.js'

/** A definition and the name that its file exports it under. */
export interface Loaded {
  readonly exported: string
  readonly definition: AnyLoaded
}

/** What the commands use of a definition. */
export interface AnyLoaded {
  readonly name: string
  readonly schema: unknown
  readonly options: Readonly<Record<string, unknown>>
  scan(): AsyncIterable<{
    readonly ref: string
    readonly createdAt: Date
    readonly lastSeenAt: Date
    readonly expiresAt: Date
    readonly data: unknown
    revoke(): Promise<boolean>
  }>
  readonly subjects: {
    list(subject: string): Promise<readonly unknown[]>
    revoke(subject: string, options?: object): Promise<number>
  }
  audit(options?: { readonly profile?: AuditProfile }): AuditReport
  collectGarbage(): Promise<number>
  close(): Promise<void>
}

/** Where `init` puts a definition, and where commands look for one that are given no file. */
const DEFAULT_FILES = [
  'zession.config.ts',
  'zession.config.mjs',
  'zession.config.js',
  'server/session.ts',
  'server/sessions.ts',
  'src/session.ts',
  'session.ts',
  'server/session.js',
  'src/session.js',
  'session.js',
  'session.mjs',
]

/** The definitions of `FILE` or `FILE#export`; of the first default file that is there where none is given. @throws UsageError */
export async function loadDefinitions(target: string | undefined): Promise<Loaded[]> {
  const [file, wanted] = splitTarget(target ?? defaultFile())
  const exports = await loadModule(file)
  const found = Object.entries(exports).flatMap(([exported, value]): Loaded[] =>
    isDefinition(value) ? [{ exported, definition: value }] : [],
  )
  if (wanted !== undefined) {
    const one = found.find(({ exported }) => exported === wanted)
    if (one) return [one]
    throw new UsageError(
      `${file} exports no session definition named \`${wanted}\`. It exports ${list(found.map(({ exported }) => exported)) || 'none'}.`,
    )
  }
  // A module of CommonJS has its exports a second time under `default`.
  const unique = found.filter(({ definition }, i) => found.findIndex((other) => other.definition === definition) === i)
  if (unique.length === 0)
    throw new UsageError(
      `${file} exports no session definition. Export what defineSession() returns: export const appSession = defineSession(...)`,
    )
  return unique
}

/** The one definition that a command works on. @throws UsageError when there are several to choose from */
export async function loadOne(target: string | undefined): Promise<Loaded> {
  const found = await loadDefinitions(target)
  if (found.length === 1) return found[0] as Loaded
  throw new UsageError(
    `${target ?? 'The file'} exports several session definitions. Choose one: ${list(found.map(({ exported }) => `FILE#${exported}`))}.`,
  )
}

export async function loadModule(file: string): Promise<Record<string, unknown>> {
  const path = resolve(file)
  if (!existsSync(path)) throw new UsageError(`There is no file ${file}.`)
  if (!/\.[cm]?ts$/.test(path)) return (await import(pathToFileURL(path).href)) as Record<string, unknown>
  const { createJiti } = await import('jiti')
  return (await createJiti(import.meta.url, { interopDefault: false, moduleCache: false }).import(path)) as Record<
    string,
    unknown
  >
}

function splitTarget(target: string): [file: string, exported: string | undefined] {
  const at = target.lastIndexOf('#')
  return at < 0 ? [target, undefined] : [target.slice(0, at), target.slice(at + 1)]
}

function defaultFile(): string {
  const file = DEFAULT_FILES.find((name) => existsSync(name))
  if (file) return file
  throw new UsageError(
    `No file was given, and none of ${DEFAULT_FILES.slice(0, 6).join(', ')} is here. Name the file that exports your definition: zession check server/session.ts. \`zession init\` writes one.`,
  )
}

function isDefinition(value: unknown): value is AnyLoaded {
  return typeof value === 'object' && value !== null && TOOLS in value
}

function list(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ')
}
