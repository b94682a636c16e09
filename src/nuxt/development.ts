import { join } from 'node:path'
import type { Nuxt } from 'nuxt/schema'

/** What only `nuxt dev` bundles: the store of definitions without one, in the data folder of Nitro, so that a rebuild logs nobody out. */
export function developmentModule(nuxt: Nuxt, fileStore: string): string {
  if (!nuxt.options.dev) return 'export const developmentStore = undefined'
  const folder = JSON.stringify(join(nuxt.options.rootDir, '.data', 'sessions'))
  return [
    `import { fileStore } from ${JSON.stringify(fileStore)}`,
    `export const developmentStore = () => fileStore({ folder: ${folder}, durable: false })`,
  ].join('\n')
}
