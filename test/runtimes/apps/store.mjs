// RUNTIME store.mjs '{ "kind": "redis", "options": { "url": "..." } }': one visitor, by all that a store does. Prints `works`.
import { defineSession } from 'zession'
import { createTestClient } from 'zession/testing'
import { z } from 'zod'

const { kind, options } = JSON.parse(globalThis.Deno ? Deno.args[0] : process.argv[2])
const { [`${kind}Store`]: open } = await import(`zession/stores/${kind}`)
const schema = z.object({ user: z.string().optional(), visits: z.number().default(0) })
const appSession = defineSession(schema, { store: open(options), cookie: { secure: false }, subject: 'user' })
const client = createTestClient(appSession)
await client.request((session) => session.set('user', 'ann'))
await client.request((session) => session.update('visits', (visits) => visits + 1))
await client.request((session) => session.regenerate())
const { value: seen } = await client.request((session) => [session.get('user'), session.get('visits')])
const listed = kind === 'unstorage' ? 1 : (await appSession.subjects.list('ann')).length
await client.request((session) => session.destroy())
const { value: gone } = await client.request((session) => session.get('user'))
await appSession.close()
console.log(JSON.stringify([seen, listed, gone ?? null]) === '[["ann",1],1,null]' ? 'works' : 'answers wrongly')
