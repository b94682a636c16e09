import { relative } from 'node:path'
import { addVitePlugin, useLogger } from 'nuxt/kit'
import type { Nuxt } from 'nuxt/schema'
import type { DefinitionFile } from './definition-files.js'

/** What is used of the context that Vite calls a plugin with. */
interface Resolving {
  resolve(id: string, importer: string, options: { readonly skipSelf: true }): Promise<{ readonly id: string } | null>
  error(message: string): never
}

/**
 * Definitions stay on the server. A page that imports one from server/ is an error that names it. What else brings the library
 * to browsers (a definition in shared/) is built, said here, and says itself what is wrong where it runs.
 */
export function keepOnServer(nuxt: Nuxt, files: readonly DefinitionFile[]): void {
  const named = (path: string) => relative(nuxt.options.rootDir, path.replace(/\?.*$/, ''))
  const said = new Set<string>()
  const paths = new Set(files.map(({ path }) => path))
  const last = new Set(files.map(({ path }) => withoutExtension(path.split(/[\\/]/).at(-1) ?? '')))
  addVitePlugin({
    name: 'zession:definitions',
    enforce: 'pre',
    async resolveId(this: Resolving, id: string, importer?: string) {
      if (importer === undefined || !last.has(withoutExtension(id.split('/').at(-1) ?? ''))) return
      const found = await this.resolve(id, importer, { skipSelf: true })
      if (!found || !paths.has(found.id)) return
      this.error(
        `${named(importer)} imports ${named(found.id)}, which runs on the server alone. Pages call useSession(), without an import; types come by \`import type\`.`,
      )
    },
  })
  addVitePlugin(
    {
      name: 'zession:library',
      enforce: 'pre',
      resolveId(this: unknown, id: string, importer?: string) {
        if (importer === undefined || !/^zession(\/|$)/.test(id) || id === 'zession/types') return
        const text = `${named(importer)} imports ${id}, and a page imports that file. zession runs on the server: in browsers this page will fail with ERR_SESSION_BROWSER. Move the definition into server/, and use useSession() in pages.`
        if (!said.has(text)) useLogger('zession').warn(text)
        said.add(text)
      },
    },
    { server: false },
  )
}

function withoutExtension(file: string): string {
  return file.replace(/\.[mc]?[jt]s$/, '')
}
