import { addRouteMiddleware, addServerHandler, addTemplate, addTypeTemplate, updateTemplates } from 'nuxt/kit'
import type { Nuxt } from 'nuxt/schema'
import { guardedRoutes } from './check-rules.js'
import type { GuardedRoute } from './guards.js'
import { inlineOnServer } from './inline.js'
import { MAIN } from './names.js'
import { guardedPages, type PageLike } from './page-guards.js'
import { guardTypes } from './templates.js'

const SERVER = 'zession-guards.mjs'
const PAGE = 'zession-guarded.mjs'

/** What guards routes and pages, on both sides, and its types. @throws SessionConfigError for a guard that is wrong */
export function addGuards(nuxt: Nuxt, resolve: (path: string) => string): void {
  const all = { ...nuxt.options.routeRules, ...nuxt.options.nitro.routeRules }
  const rules = guardedRoutes(all)
  let pages: readonly GuardedRoute[] = []
  ;(nuxt.options.experimental.extraPageMetaExtractionKeys ??= []).push('session')
  nuxt.hook('pages:resolved', async (found: readonly PageLike[]) => {
    pages = guardedPages(found, all)
    if (nuxt.options.dev) await updateTemplates({ filter: ({ filename }) => filename === SERVER || filename === PAGE })
  })
  // Files, which are made anew when a page changes. What a guard requires is not for browsers, which ask the server.
  const add = (filename: string, of: (routes: readonly GuardedRoute[]) => readonly GuardedRoute[]) =>
    addTemplate({
      filename,
      write: true,
      getContents: () => `export const guards = ${JSON.stringify({ rules: of(rules), pages: of(pages) })}`,
    }).dst
  const server = add(SERVER, (routes) => routes)
  nuxt.options.alias['#zession/guards'] = server
  inlineOnServer(nuxt, server)
  nuxt.options.alias['#zession/guarded'] = add(PAGE, (routes) =>
    routes.map(([pattern, { name, require, recent }]) => [
      pattern,
      require === undefined && recent === undefined ? {} : { name: name ?? MAIN },
    ]),
  )
  addTypeTemplate(
    { filename: 'types/zession-guards.d.ts', getContents: () => guardTypes() },
    { nuxt: true, nitro: true },
  )
  addTypeTemplate(
    { filename: 'types/zession-guards-node.d.ts', getContents: () => guardTypes('./nitro-imports.d.ts') },
    { node: true },
  )
  addServerHandler({ middleware: true, handler: resolve('./runtime/server/middleware.js') })
  addRouteMiddleware({ name: 'zession', path: resolve('./runtime/app/guard.js'), global: true })
}
