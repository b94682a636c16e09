import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const repo = fileURLToPath(new URL('../..', import.meta.url))
const manifest = JSON.parse(readFileSync(join(repo, 'package.json'), 'utf8')) as {
  exports: Record<string, string | Record<string, string>>
}
const subpaths = Object.entries(manifest.exports).flatMap(([key, target]) =>
  typeof target === 'string' ? [] : [{ specifier: key.replace(/^\./, 'zession'), target }],
)

/** Of entries whose library is not here to be imported. */
const namesOf: Readonly<Record<string, readonly string[]>> = { 'zession/nuxt': ['default'] }

let folder: string
beforeAll(() => {
  expect(existsSync(join(repo, 'dist/browser.js')), 'dist/ is missing: npm run build').toBe(true)
  folder = mkdtempSync(join(tmpdir(), 'zession-browser-'))
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(repo, join(folder, 'node_modules/zession'))
  symlinkSync(join(repo, 'node_modules/zod'), join(folder, 'node_modules/zod'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function write(name: string, source: string): string {
  const file = join(folder, name)
  writeFileSync(file, source)
  return file
}

/** A page that uses a name of an entry, as a definition in a shared file would. */
async function bundle(source: string, conditionNames: string[], platform: 'browser' | 'neutral'): Promise<string> {
  const external = [/^node:/, /^(?!zession|zod|[./])/]
  const bundled = await rolldown({
    input: write('page.js', source),
    cwd: folder,
    external,
    platform,
    resolve: { conditionNames },
    logLevel: 'silent',
  })
  const { output } = await bundled.generate({ format: 'esm', minify: true, codeSplitting: false })
  return output[0].code
}

const firstLine = (code: string) => {
  const file = write('out.mjs', code)
  const run = spawnSync(process.execPath, [file], { encoding: 'utf8' })
  return { status: run.status, said: run.stderr.split('\n').filter((line) => line.startsWith('Error:')) }
}

describe('a bundle for browsers', () => {
  it.each(subpaths.filter(({ specifier }) => specifier !== 'zession/types'))(
    'that uses $specifier says one sentence where it runs, and holds no server code',
    async ({ specifier, target }) => {
      const names = namesOf[specifier] ?? Object.keys((await import(join(repo, target['default'] ?? ''))) as object)
      const own = names.map((_, at) => `name${at}`)
      const code = await bundle(
        `import { ${names.map((name, at) => `${name} as ${own[at]}`).join(', ')} } from '${specifier}'\nconsole.log(${own.join(', ')})`,
        ['browser', 'import', 'module', 'default'],
        'browser',
      )
      expect(code.length).toBeLessThan(2000)
      expect(code).not.toMatch(/Buffer|node:/)
      const { status, said } = firstLine(code)
      expect(status).toBe(1)
      expect(said).toEqual([
        expect.stringMatching(/^Error: ERR_SESSION_BROWSER: zession runs on the server.*`import type`/),
      ])
    },
  )

  it("that uses zession/types has a registry of the app's own classes, without zod and server code", async () => {
    const code = await bundle(
      `import { typeRegistry } from 'zession/types'
      class Money { constructor(cents) { this.cents = cents } }
      const types = typeRegistry().register('Money', Money, { encode: ({ cents }) => cents, decode: (cents) => new Money(cents) })
      const { name, encode } = types.of(new Money(5))
      console.error('Error:', name, types.named(name).decode(encode(new Money(5))).cents, types.of({}))`,
      ['browser', 'import', 'module', 'default'],
      'browser',
    )
    expect(code.length).toBeLessThan(2000)
    expect(code).not.toMatch(/Buffer|node:|ERR_SESSION/)
    expect(firstLine(code)).toEqual({ status: 0, said: ['Error: Money 5 undefined'] })
  })

  it('by Vite with its own settings does the same', async () => {
    write(
      'shared.js',
      `import { z } from 'zod'\nimport { defineSession } from 'zession'\nexport const appSession = defineSession(z.object({}))`,
    )
    write('entry.js', `import { appSession } from './shared.js'\nexport default appSession`)
    const result = await build({
      root: folder,
      configFile: false,
      logLevel: 'silent',
      build: { write: false, lib: { entry: 'entry.js', formats: ['es'], fileName: 'entry' } },
    })
    const [bundled] = [result].flat() as { output: { code: string }[] }[]
    const code = bundled?.output[0]?.code ?? ''
    expect(code).toContain('ERR_SESSION_BROWSER')
    expect(code).not.toMatch(/Buffer\.|__Host-/)
    expect(firstLine(code).said).toEqual([expect.stringContaining('ERR_SESSION_BROWSER')])
  })

  it('that imports without using anything, as after `if (import.meta.server)`, is empty', async () => {
    const source = `import { useSession } from 'zession/h3'\nif (false) useSession()\nexport const page = 1`
    expect(firstLine(await bundle(source, ['browser', 'import', 'default'], 'browser'))).toEqual({
      status: 0,
      said: [],
    })
  })
})

describe('a bundle for servers and workers has the library', () => {
  it.each([
    ['node', ['node', 'import', 'default']],
    ['Cloudflare', ['workerd', 'worker', 'browser', 'import', 'default']],
    ['other workers', ['worker', 'browser', 'default']],
    ['Vercel Edge', ['edge-light', 'browser', 'default']],
    ['Deno', ['deno', 'browser', 'default']],
    ['Bun', ['bun', 'browser', 'default']],
    ['none of these', ['import', 'default']],
  ])('%s', async (_, conditions) => {
    for (const specifier of ['zession', 'zession/h3', 'zession/stores/memory']) {
      const code = await bundle(`export * from '${specifier}'`, conditions, 'neutral')
      expect([specifier, code.includes('ERR_SESSION_BROWSER'), code.length > 2000]).toEqual([specifier, false, true])
    }
  })

  it('and NODE_ENV stays what it is at run time, whatever the bundler puts in its place', async () => {
    const entry = write(
      'server.js',
      `import { z } from 'zod'
import { defineSession, memoryStore } from 'zession'
const { opener } = defineSession(z.object({ n: z.number().optional() }), { store: memoryStore() })
const opened = await opener.open({ header: () => undefined })
opened.session.set('n', 1)
await opened.finish(200)
opened.announce({ setHeader() {}, setCookie: (name) => console.log(name) })`,
    )
    for (const frozen of ['development', 'production']) {
      const bundled = await rolldown({
        input: entry,
        cwd: folder,
        external: [/^node:/],
        platform: 'node',
        transform: { define: { 'process.env.NODE_ENV': JSON.stringify(frozen), 'process.env': '{}' } },
        logLevel: 'silent',
      })
      const { output } = await bundled.generate({ format: 'esm', minify: true, codeSplitting: false })
      const file = write(`server-${frozen}.mjs`, output[0].code)
      for (const [value, name] of [
        ['development', 'session'],
        ['', '__Host-session'],
      ]) {
        const run = spawnSync(process.execPath, [file], { encoding: 'utf8', env: { ...process.env, NODE_ENV: value } })
        expect([frozen, value, run.stdout.trim(), run.stderr]).toEqual([frozen, value, name, ''])
      }
    }
  })
})
