import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { json, type Output } from '../print.js'
import { UsageError } from '../usage-error.js'

/** The frameworks that it looks for, each with the subpath that serves it. */
const FRAMEWORKS = [
  [
    'nuxt',
    'server/session.ts',
    "Add 'zession/nuxt' to `modules` in nuxt.config.ts, then: const session = await useSession(event, appSession)",
  ],
  [
    'nitro',
    'server/session.ts',
    "Call installSessions(nitroApp) of 'zession/h3' in a plugin, then: const session = await useSession(event, appSession)",
  ],
  [
    'nitropack',
    'server/session.ts',
    "Call installSessions(nitroApp) of 'zession/h3' in a plugin, then: const session = await useSession(event, appSession)",
  ],
  [
    'h3',
    'src/session.ts',
    "Call installSessions(app) of 'zession/h3', then: const session = await useSession(event, appSession)",
  ],
  ['fastify', 'src/session.ts', "See docs/fastify.md for the plugin of 'zession/node'."],
  ['express', 'src/session.ts', "See docs/express.md for the middleware of 'zession/node'."],
  ['koa', 'src/session.ts', "See docs/koa.md for the middleware of 'zession/node'."],
  ['hono', 'src/session.ts', "See docs/hono.md for `withSessions` of 'zession/web'."],
] as const

const NONE = [
  'none',
  'session.ts',
  "See docs/node.md and docs/web.md: 'zession/node' serves node:http, 'zession/web' handlers of a Request.",
] as const

const DEFINITION = `import { z } from 'zod'
import { defineSession } from 'zession'

/** What a session of this app may hold. Every key may be absent, except for those with a default. */
export const appSession = defineSession(
  z.object({
    userId: z.number().int().optional(),
    theme: z.enum(['light', 'dark']).default('light'),
  }),
  {
    // Without a store, sessions live in the memory of the process: docs/stores lists the others.
    flash: z.object({ notice: z.string() }),
  },
)
`

/** Writes a definition for the framework that package.json names. Never over a file. */
export function init(options: { readonly json?: boolean }, output: Output): number {
  const [framework, file, next] = find()
  if (existsSync(file))
    throw new UsageError(`${file} is there already, and stays as it is. \`zession check ${file}\` looks at it.`)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, DEFINITION, { flag: 'wx' })
  const steps = [next, `zession check ${file}`]
  if (options.json) json(output, { framework, file, next: steps })
  else
    for (const line of [
      `Wrote ${file}${framework === 'none' ? '' : ` for ${framework}`}.`,
      `Next: ${next}`,
      `Then: npx zession check ${file}, and commit the snapshot that it writes.`,
    ])
      output.line(line)
  return 0
}

function find(): (typeof FRAMEWORKS)[number] | typeof NONE {
  if (!existsSync('package.json')) return NONE
  try {
    const { dependencies = {}, devDependencies = {} } = JSON.parse(readFileSync('package.json', 'utf8')) as Record<
      string,
      object
    >
    return FRAMEWORKS.find(([name]) => name in dependencies || name in devDependencies) ?? NONE
  } catch {
    return NONE
  }
}
