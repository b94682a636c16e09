import type { Nuxt } from 'nuxt/schema'

/**
 * Bundles files, or folders, with the server. `nuxt dev` leaves others to node, which knows no TypeScript, and which Nitro does not
 * hear from when one changes.
 */
export function inlineOnServer({ options: { nitro } }: Nuxt, ...paths: readonly string[]): void {
  nitro.externals = { ...nitro.externals, inline: [...(nitro.externals?.inline ?? []), ...paths] }
}
