import { readFileSync } from 'node:fs'
import type { DefinitionFile } from './definition-files.js'

/** What a definition file says it needs, found in its text: it can only be run where the app runs. */
export interface Needs {
  /** Whether it calls `defineSession` without a word about a store. */
  readonly lacksStore: boolean
  /** Whether its secrets, or its store, come from the run-time config. */
  readonly config: readonly ('secrets' | 'storeUrl')[]
}

export function needsOf({ path }: DefinitionFile): Needs {
  const text = readFileSync(path, 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*$/gm, '')
  return {
    lacksStore: /\bdefineSession\s*\(/.test(text) && !/\bstore\b/.test(text),
    config: [
      ...(/\bsessionSecrets\b/.test(text) ? (['secrets'] as const) : []),
      ...(/\bsessionStoreUrl\b/.test(text) ? (['storeUrl'] as const) : []),
    ],
  }
}
