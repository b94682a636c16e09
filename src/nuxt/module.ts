import {
  addImports,
  addPlugin,
  addRouteMiddleware,
  addServerHandler,
  addServerImports,
  addServerPlugin,
  addServerTemplate,
  addTemplate,
  addTypeTemplate,
  createResolver,
  defineNuxtModule,
  getLayerDirectories,
  resolveModule,
  useLogger,
} from 'nuxt/kit'
import type { Nuxt, NuxtModule } from 'nuxt/schema'
import { SessionConfigError } from '../core/errors.js'
import { guardedRoutes } from './check-rules.js'
import { definitionFiles } from './definition-files.js'
import { definitionsModule, NO_DEFINITION, ruleTypes, typesOf } from './templates.js'
import { watchDefinitions } from './watch.js'

/** Options of the module: `zession` in nuxt.config. There are none yet. */
export type ModuleOptions = Record<never, never>

/** Names that the module gives to handlers, and to pages. */
const server = ['useSession', 'useReadonlySession']
const page = ['useSession', 'useFlash']
/** Useful on both sides. */
const both = ['localPath']

/** The Nuxt module: `modules: ['zession/nuxt']`. */
export const zessionModule: NuxtModule<ModuleOptions> = defineNuxtModule<ModuleOptions>({
  meta: { name: 'zession', configKey: 'zession', compatibility: { nuxt: '^4.0.0 || ^5.0.0-0' } },
  defaults: {},
  setup(_options, nuxt) {
    const { resolve } = createResolver(import.meta.url)
    const find = () => definitionFiles(getLayerDirectories(nuxt).map((layer) => layer.server))
    const files = find()
    if (files.length === 0) missing(nuxt)
    if (nuxt.options.dev) watchDefinitions(nuxt, files, find)

    // The devalue that Nuxt writes its payload with, which the app itself need not be able to import.
    nuxt.options.alias['#zession/devalue'] = resolveModule('devalue', { url: import.meta.resolve('nuxt/kit') })
    nuxt.options.alias['#zession/app'] = resolve('./runtime/app/index.js')
    addServerTemplate({
      filename: '#zession/definitions',
      getContents: () => definitionsModule(files, nuxt.options.rootDir),
    })
    addServerTemplate({
      filename: '#zession/server',
      getContents: () => `export * from ${JSON.stringify(resolve('./runtime/server/use-session.js'))}`,
    })
    addTypeTemplate(
      {
        filename: 'types/zession.d.ts',
        getContents: () => typesOf(files, `${nuxt.options.buildDir}/types`),
      },
      { nuxt: true, nitro: true },
    )

    const rules = guardedRoutes({ ...nuxt.options.routeRules, ...nuxt.options.nitro.routeRules })
    // A file, for the bundles of both sides.
    nuxt.options.alias['#zession/guards'] = addTemplate({
      filename: 'zession-guards.mjs',
      write: true,
      getContents: () => `export const guards = ${JSON.stringify(rules)}`,
    }).dst
    addTypeTemplate(
      { filename: 'types/zession-rules.d.ts', getContents: () => ruleTypes },
      { nuxt: true, nitro: true, node: true },
    )
    if (rules.length > 0) {
      addServerHandler({ middleware: true, handler: resolve('./runtime/server/middleware.js') })
      addRouteMiddleware({ name: 'zession', path: resolve('./runtime/app/guard.js'), global: true })
    }

    // Over that of h3, which Nitro imports by itself.
    addServerImports(server.map((name) => ({ name, from: '#zession/server', priority: 100 })))
    addServerImports(both.map((name) => ({ name, from: resolve('./guards.js') })))
    addImports(both.map((name) => ({ name, from: resolve('./guards.js') })))
    addServerPlugin(resolve('./runtime/server/plugin.js'))
    addServerHandler({ route: '/api/_session', handler: resolve('./runtime/server/api.js') })
    // Its types are in no file that the alias leads to.
    addImports(page.map((name) => ({ name, from: '#zession/app', typeFrom: '#zession/page' })))
    for (const mode of ['client', 'server'] as const)
      addPlugin({ src: resolve(`./runtime/app/plugin.${mode}.js`), mode })
  },
})

/** @throws SessionConfigError when the app is built for production */
function missing(nuxt: Nuxt): void {
  const { dev, _prepare: isPreparing } = nuxt.options
  if (!dev && !isPreparing) throw new SessionConfigError(NO_DEFINITION)
  useLogger('zession').warn(NO_DEFINITION)
}
