import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { copyExamples, visitExample } from '../support/edge-example.js'

const folder = copyExamples(fileURLToPath(new URL('.', import.meta.url)))
const pages = fileURLToPath(new URL('../../docs', import.meta.url))
/** The page that holds the text of each example. */
const examples = {
  express: 'express.md',
  fastify: 'fastify.md',
  koa: 'koa.md',
  hono: 'hono.md',
  passport: 'express.md',
  node: 'node.md',
}

const form = { username: 'ann', password: 'correct-horse' }

describe.each(Object.entries(examples))('examples/frameworks/%s.mjs', (name, page) => {
  it('runs as written: visits, a login with a new id, a logout', () =>
    visitExample(process.execPath, [`${name}.mjs`], folder, name === 'passport' ? form : undefined))

  it(`is what docs/${page} shows`, () => {
    expect(readFileSync(join(pages, page), 'utf8')).toContain(readFileSync(join(folder, `${name}.mjs`), 'utf8'))
  })
})

describe('examples/frameworks/sveltekit-hooks.mjs', () => {
  it('commits what is used in resolve(event), by the very request of the event', async () => {
    const { handle } = (await import(/* @vite-ignore */ pathToFileURL(join(folder, 'sveltekit-hooks.mjs')).href)) as {
      handle(input: { event: { request: Request }; resolve(event: unknown): Promise<Response> }): Promise<Response>
    }
    const { useSession } = await import('zession/web')
    const { defineSession } = await import('zession')
    const { z } = await import('zod')
    const appSession = defineSession(z.object({ user: z.string().optional() }))
    const event = { request: new Request('http://localhost/') }
    const reply = await handle({
      event,
      resolve: async () => {
        ;(await useSession(event.request, appSession)).set('user', 'ann')
        return new Response('ok')
      },
    })
    expect([await reply.text(), reply.headers.getSetCookie().length]).toEqual(['ok', 1])
  })

  it('is what docs/web.md shows', () => {
    const text = readFileSync(join(folder, 'sveltekit-hooks.mjs'), 'utf8')
    expect(readFileSync(join(pages, 'web.md'), 'utf8')).toContain(text)
  })
})
