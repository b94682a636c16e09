import { existsSync, readdirSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { MAIN } from './names.js'

/** A file that defines a session. */
export interface DefinitionFile {
  /** What pages and handlers call it by: `session`, or the name of its file in `server/sessions`. */
  readonly name: string
  readonly path: string
}

/**
 * The definition files of an app and its layers: `session.ts` and `sessions/*.ts` in their server folders. Of the same name that
 * of the app wins, then that of the first layer.
 */
export function definitionFiles(serverFolders: readonly string[]): readonly DefinitionFile[] {
  const found = new Map<string, DefinitionFile>()
  for (const folder of serverFolders) {
    for (const file of [
      ...scripts(folder).filter((each) => nameOf(each) === MAIN),
      ...scripts(join(folder, 'sessions')),
    ]) {
      const name = nameOf(file)
      if (!found.has(name)) found.set(name, { name, path: file })
    }
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

function scripts(folder: string): readonly string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((file) => /(?<!\.d)\.[mc]?[jt]s$/.test(file))
    .sort()
    .map((file) => join(folder, file))
}

function nameOf(path: string): string {
  return basename(path, extname(path))
}

/** The file that holds the registry of an app's own classes, for pages too: `session-types.ts` in a shared folder. */
export function sharedTypes(sharedFolders: readonly string[]): string | undefined {
  return sharedFolders.flatMap(scripts).find((file) => nameOf(file) === 'session-types')
}
