import { existsSync, type FSWatcher, watch } from 'node:fs'
import { dirname, join } from 'node:path'
import { getLayerDirectories } from 'nuxt/kit'
import type { Nuxt } from 'nuxt/schema'
import type { DefinitionFile } from './definition-files.js'

/** Starts Nuxt again when a definition file appears or goes: the types and what is bundled depend on which there are. */
export function watchDefinitions(
  nuxt: Nuxt,
  files: readonly DefinitionFile[],
  find: () => readonly DefinitionFile[],
): void {
  const known = listed(files)
  const watchers = new Map<string, FSWatcher>()
  // The folder above too, because the server folder may still have to be made.
  const folders = getLayerDirectories(nuxt).flatMap(({ server }) => [dirname(server), server, join(server, 'sessions')])
  const look = () => {
    for (const folder of folders) {
      if (watchers.has(folder) || !existsSync(folder)) continue
      const watcher = watch(folder, look)
      watcher.on('error', () => {
        watcher.close()
        watchers.delete(folder)
      })
      watchers.set(folder, watcher)
    }
    if (listed(find()) !== known) void nuxt.callHook('restart')
  }
  look()
  nuxt.hook('close', () => {
    for (const watcher of watchers.values()) watcher.close()
  })
}

function listed(files: readonly DefinitionFile[]): string {
  return files.map(({ path }) => path).join('\n')
}
