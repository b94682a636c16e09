import { dirname, relative } from 'node:path'
import {
  addImports,
  addPlugin,
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
import { isObject } from '../core/value.js'
import { addGuards } from './add-guards.js'
import { type DefinitionFile, definitionFiles, sharedTypes } from './definition-files.js'
import { developmentModule } from './development.js'
import { inlineOnServer } from './inline.js'
import { API } from './names.js'
import { keepOnServer } from './server-only.js'
import { needsOf } from './source.js'
import { definitionsModule, NO_DEFINITION, typesOf } from './templates.js'
import { watchDefinitions } from './watch.js'

/** Options of the module: `zession` in nuxt.config. There are none yet. */
export type ModuleOptions = Record<never, never>

/** Names that the module gives to handlers, and to pages. */
const server = ['useSession', 'useReadonlySession']
const config = ['sessionSecrets', 'sessionStoreUrl']
const page = ['useSession', 'useFlash']
/** Useful on both sides. */
const both = ['localPath']

/** The Nuxt module: `modules: ['zession/nuxt']`. */
export const zessionModule: NuxtModule<ModuleOptions> = defineNuxtModule<ModuleOptions>({
  meta: { name: 'zession', configKey: 'zession', compatibility: { nuxt: '^4.0.0 || ^5.0.0-0' } },
  defaults: {},
  setup(_options, nuxt) {
    const { resolve } = createResolver(import.meta.url)
    const layers = getLayerDirectories(nuxt)
    const find = () => definitionFiles(layers.map((layer) => layer.server))
    const files = find()
    if (files.length === 0) missing(nuxt)
    else if (!nuxt.options.dev && !isPreparing(nuxt)) warnOfMemory(nuxt, files)
    if (nuxt.options.dev) watchDefinitions(nuxt, files, find)
    keepOnServer(nuxt, files)

    // From the environment of the server that runs: NUXT_ZESSION_SECRETS, NUXT_ZESSION_STORE_URL.
    const given = nuxt.options.runtimeConfig['zession']
    nuxt.options.runtimeConfig['zession'] = { secrets: '', storeUrl: '', ...(isObject(given) && given) }

    // The devalue that Nuxt writes its payload with, which the app itself need not be able to import.
    nuxt.options.alias['#zession/devalue'] = resolveModule('devalue', { url: import.meta.resolve('nuxt/kit') })
    nuxt.options.alias['#zession/app'] = resolve('./runtime/app/index.js')
    const shared = sharedTypes(layers.map((layer) => layer.shared))
    nuxt.options.alias['#zession/types'] = resolve('./runtime/app/no-types.js')
    if (shared !== undefined) addSharedTypes(nuxt, shared, resolve)

    const contents: Readonly<Record<string, () => string>> = {
      definitions: () => definitionsModule(files, nuxt.options.rootDir),
      development: () => developmentModule(nuxt, resolve('../stores/file.js')),
      server: () => `export * from ${JSON.stringify(resolve('./runtime/server/use-session.js'))}`,
    }
    for (const [name, getContents] of Object.entries(contents))
      addServerTemplate({ filename: `#zession/${name}`, getContents })
    addTypeTemplate(
      {
        filename: 'types/zession.d.ts',
        getContents: () => typesOf(files, `${nuxt.options.buildDir}/types`),
      },
      { nuxt: true, nitro: true, node: true },
    )
    addGuards(nuxt, resolve)

    // Over that of h3, which Nitro imports by itself.
    addServerImports(server.map((name) => ({ name, from: '#zession/server', priority: 100 })))
    addServerImports(config.map((name) => ({ name, from: resolve('./runtime/server/config.js') })))
    addServerImports(both.map((name) => ({ name, from: resolve('./guards.js') })))
    addImports(both.map((name) => ({ name, from: resolve('./guards.js') })))
    addServerPlugin(resolve('./runtime/server/plugin.js'))
    addServerHandler({ route: API, handler: resolve('./runtime/server/api.js') })
    // Its types are in no file that the alias leads to, and Nuxt looks for a file.
    const typeFrom = addTemplate({
      filename: 'zession-page.d.ts',
      write: true,
      getContents: () => `export { ${page.join(', ')} } from '#zession/page'\n`,
    }).dst
    addImports(page.map((name) => ({ name, from: '#zession/app', typeFrom })))
    for (const mode of ['client', 'server'] as const)
      addPlugin({ src: resolve(`./runtime/app/plugin.${mode}.js`), mode })
  },
})

function addSharedTypes(nuxt: Nuxt, file: string, resolve: (path: string) => string): void {
  const { dst } = addTemplate({
    filename: 'zession-types.mjs',
    write: true,
    getContents: () => `export { default as types } from ${JSON.stringify(file)}`,
  })
  nuxt.options.alias['#zession/types'] = dst
  addPlugin({ src: resolve('./runtime/app/plugin.payload.js') })
  inlineOnServer(nuxt, dst, dirname(file))
}

function isPreparing({ options }: Nuxt): boolean {
  return options._prepare
}

/** @throws SessionConfigError when the app is built for production */
function missing(nuxt: Nuxt): void {
  if (!nuxt.options.dev && !isPreparing(nuxt)) throw new SessionConfigError(NO_DEFINITION)
  useLogger('zession').warn(NO_DEFINITION)
}

function warnOfMemory(nuxt: Nuxt, files: readonly DefinitionFile[]): void {
  for (const file of files) {
    if (!needsOf(file).lacksStore) continue
    useLogger('zession').warn(
      `${relative(nuxt.options.rootDir, file.path)} names no \`store\`: in production its sessions live in the memory of one process, and a restart logs everybody out. Choose one, or say \`store: memoryStore()\`.`,
    )
  }
}
