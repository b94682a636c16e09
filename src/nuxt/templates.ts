import { relative } from 'node:path'
import type { DefinitionFile } from './definition-files.js'
import { MAIN } from './names.js'
import { needsOf } from './source.js'

/** The module by which the server part of this library finds the definition files. */
export function definitionsModule(files: readonly DefinitionFile[], rootDir: string): string {
  const lines = files.map(({ path }, at) => `import * as file${at} from ${JSON.stringify(path)}`)
  const entries = files.map(
    ({ name, path }, at) =>
      `  ${JSON.stringify(name)}: { file: ${JSON.stringify(slashed(relative(rootDir, path)))}, module: file${at} },`,
  )
  const needs = JSON.stringify([...new Set(files.flatMap((file) => needsOf(file).config))])
  return [...lines, 'export const files = {', ...entries, '}', `export const needs = ${needs}`].join('\n')
}

/** What an app without a definition is told. */
export const NO_DEFINITION = `There is no server/session.ts. Write one:

import { z } from 'zod'
import { defineSession } from 'zession'

export default defineSession(z.object({ userId: z.number().optional() }))
export const expose = ['userId'] as const // what pages may see
`

/**
 * The types of `session` in route rules and pages. A module, because it adds to those of Nitro and Nuxt.
 * @param imports the types of what handlers need not import, where nothing else brings them: definition files use it
 */
export function guardTypes(imports?: string): string {
  return `${imports === undefined ? '' : `/// <reference path="${imports}" />\n`}// Made by zession/nuxt.
type Guard = import('zession/nuxt').GuardFor<import('#zession/files').Files>
declare module 'nitropack/types' {
  interface NitroRouteConfig {
    /** Who may see these routes, by the session. */
    session?: Guard
  }
  interface NitroRouteRules {
    session?: Guard
  }
}
declare module '#app' {
  interface PageMeta {
    /** Who may see this page and those inside it, by the session; false for everybody, inside a guarded page. */
    session?: Guard | false
  }
}
export {}
`
}

/**
 * The types of both `useSession`. An ambient file: with an import of its own it would augment modules that do not exist, and
 * everything would be `any` without an error.
 */
export function typesOf(files: readonly DefinitionFile[], folder: string): string {
  const each = files.map(({ name, path }) => {
    const from = slashed(relative(folder, path)).replace(/\.([mc]?)[jt]s$/, (_, kind: string) => kind && `.${kind}js`)
    return `    readonly ${JSON.stringify(name)}: typeof import(${JSON.stringify(from.startsWith('.') ? from : `./${from}`)})`
  })
  const hasMain = files.some(({ name }) => name === MAIN)
  return `// Made by zession/nuxt from the definition files in server/.
declare module '#zession/files' {
  export interface Files {
${each.join('\n')}
  }
}

declare module '#zession/server' {
  type Files = import('#zession/files').Files
  /** The session of the request: that of server/session.ts, or of the file of that name in server/sessions. */
  export const useSession: import('zession/nuxt').UseServerSession<Files>
  /** The session of the request as it is stored now, for code that only looks; also of the request of a WebSocket. */
  export const useReadonlySession: import('zession/nuxt').UseServerReadonlySession<Files>
}

declare module '#zession/page' {
  type Files = import('#zession/files').Files
  type Computed<T> = import('vue').ComputedRef<T>
  interface PageSession<File> {
    /** What the definition file exposes. */
    readonly data: Computed<import('zession/nuxt').ExposedBy<File>>
    /** Whether there is a session; \`unknown\` until that is known, on pages that are rendered for everybody. */
    readonly status: Computed<import('zession/nuxt').SessionStatus>
    /** When the session ends if it is not used again. */
    readonly expiresAt: Computed<Date | undefined>
    /** Seconds until then. */
    readonly expiresIn: Computed<number | undefined>
    /** Asks the server what there is now. */
    refresh(): Promise<void>
    /** Ends the session, here and in the other tabs. */
    logout(): Promise<void>
    /** Sets a key that the definition file lists as \`writable\`. Rejects when the schema refuses the value. */
    set<Key extends keyof import('zession/nuxt').WritableBy<File> & string>(
      key: Key,
      value: import('zession/nuxt').WritableBy<File>[Key],
    ): Promise<void>
  }
  type Channel<File> = keyof import('zession/nuxt').FlashBy<File> & string
  type Flash<File, Key> = Computed<import('zession/nuxt').FlashBy<File>[Key & Channel<File>] | undefined>
  interface UsePageSession {
${hasMain ? `    /** The session of the page. */\n    (): PageSession<Files['session']>\n` : ''}    /** The session of the page, by the name of its file. */
    <Name extends keyof Files>(name: Name): PageSession<Files[Name]>
  }
  // TypeScript reads handlers in the context of pages too, for the types of $fetch, and knows one global of a name there.
  /** The session of the page: that of server/session.ts, or of the file of that name in server/sessions. */
  export const useSession: UsePageSession & import('zession/nuxt').UseServerSession<Files>
${
  hasMain
    ? `  /** The value that waits in a flash channel, taken for this page. */
  export function useFlash<Key extends Channel<Files['session']>>(channel: Key): Flash<Files['session'], Key>
`
    : ''
}  /** The value that waits in a flash channel of the session of that name, taken for this page. */
  export function useFlash<Name extends keyof Files, Key extends Channel<Files[Name]>>(
    channel: Key,
    name: Name,
  ): Flash<Files[Name], Key>
}
`
}

function slashed(path: string): string {
  return path.replaceAll('\\', '/')
}
