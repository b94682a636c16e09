// RUNTIME matrix.mjs FRAMEWORK '{ "redis": { "url": "..." } }': an app with a session on each of the stores. Prints its port.
// GET /STORE/STEP does one step of a visitor.
import { defineSession } from 'zession'
import { z } from 'zod'
import { serveBy } from './matrix-edges.mjs'

const [framework, places] = globalThis.Deno ? Deno.args : process.argv.slice(2)
const schema = z.object({ user: z.string().optional(), visits: z.number().default(0) })
const flash = z.object({ notice: z.string() })
const definitions = {}
for (const [kind, options] of Object.entries(JSON.parse(places))) {
  const { [`${kind}Store`]: open } = await import(`zession/stores/${kind}`)
  const cookie = { secure: false }
  definitions[kind] = defineSession(schema, { name: kind, flash, store: open(options), cookie, subject: 'user' })
}

const steps = {
  visit: (session) => session.update('visits', (visits) => visits + 1),
  async login(session) {
    await session.regenerate()
    session.set('user', 'ann')
    session.flash.set('notice', 'hello')
  },
  see() {},
  out: (session) => session.destroy(),
}

/** @param use gives the session of the request for a definition */
async function answer(path, use) {
  const [, kind, step] = path.split('/')
  const definition = definitions[kind]
  const session = await use(definition)
  await steps[step](session)
  if (step === 'out') return { out: true }
  const notice = step === 'see' ? await session.flash.take('notice') : undefined
  const listed = step === 'see' ? (await definition.subjects.list('ann')).length : undefined
  return { user: session.get('user'), visits: session.get('visits'), notice, listed }
}

console.log(await serveBy[framework](answer))
