import { flag, group } from '../core/options/rule.js'

/** What an app says about itself when its sessions are installed. */
export interface InstallOptions {
  /**
   * Whether this process is a developer's: cookies then go without Secure and its prefix. `import.meta.dev` of Nitro and Nuxt is
   * right here; false is production, whatever NODE_ENV says. @default `NODE_ENV` is `development` or `test`
   */
  readonly development?: boolean | undefined
}

export const installRule = group<InstallOptions>({ development: flag })
