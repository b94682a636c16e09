import { randomUUID } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession, memoryStore } from '../../src/index.js'
import { countingStore } from '../support/counting-store.js'
import { edges, type Site, useReadonlySession, useSession } from './harness.js'

const schema = z.object({
  csrf: z.string().default(() => randomUUID()),
  theme: z.string().default('light'),
  made: z.array(z.string()).default(() => []),
  name: z.string().optional(),
})

for (const edge of edges) {
  describe(`${edge.name}: a default that differs from call to call (a token, the time), once handed out`, () => {
    let site: Site | undefined
    afterEach(() => site?.close())

    async function start() {
      const { store, calls } = countingStore(memoryStore())
      const definition = defineSession(schema, { store })
      site = await edge.serve({
        '/form': async (event) => (await useSession(event, definition)).get('csrf'),
        '/data': async (event) => (await useSession(event, definition)).data.csrf,
        '/check': async (event) => (await useSession(event, definition)).get('csrf'),
        '/plain': async (event) => {
          const session = await useSession(event, definition)
          return `${session.get('theme')}${session.get('made').length}${session.has('csrf')}`
        },
        '/look': async (event) => (await useReadonlySession(event, definition)).get('csrf'),
        '/fail': async (event) => {
          ;(await useSession(event, definition)).get('csrf')
          throw new Error('boom')
        },
      })
      return { site, calls, definition }
    }

    it.each(['/form', '/data'])('is there in the next request (%s)', async (path) => {
      const { site, calls } = await start()
      const form = await site.get(path)
      expect(form.cookies).toHaveLength(1)
      const cookie = (form.cookies[0] as string).split(';')[0] as string
      for (let i = 0; i < 2; i++) {
        const check = await site.get('/check', cookie)
        expect(check.text).toBe(form.text)
        expect(check.cookies).toEqual([])
      }
      expect(calls.filter((call) => call !== 'read')).toHaveLength(1)
    })

    it('stores and sends nothing for what is read but is the same in every request, nor for a read-only session or an error', async () => {
      const { site, calls } = await start()
      for (const path of ['/plain', '/look', '/fail']) expect((await site.get(path)).cookies).toEqual([])
      expect(calls).toEqual([])
    })

    it('is one for parallel requests of a session: the first that is stored', async () => {
      const { site } = await start()
      const first = await site.get('/form')
      const cookie = (first.cookies[0] as string).split(';')[0] as string
      const all = await Promise.all(Array.from({ length: 5 }, () => site.get('/form', cookie)))
      expect(new Set(all.map(({ text }) => text))).toEqual(new Set([first.text]))
    })
  })
}

describe('a default that was handed out', () => {
  it('does not overwrite what is stored and no longer accepted', async () => {
    const store = memoryStore()
    const { createTestClient } = await import('../../src/testing/test-client.js')
    const old = createTestClient(defineSession(z.object({ csrf: z.number() }), { store }))
    await old.request((session) => session.set('csrf', 7))
    const now = createTestClient(defineSession(schema, { store }))
    now.cookie = old.cookie
    await now.request((session) => session.get('csrf'))
    expect((await old.request((session) => session.get('csrf'))).value).toBe(7)
  })

  it('gives way to the one that a parallel request has stored first', async () => {
    const { createTestClient } = await import('../../src/testing/test-client.js')
    const store = memoryStore()
    const client = createTestClient(defineSession(schema, { store }))
    await client.request((session) => session.set('name', 'x'))
    const twin = createTestClient(defineSession(schema, { store }))
    twin.cookie = client.cookie
    let theirs: string | undefined
    await client.request(async (session) => {
      session.get('csrf')
      theirs = (await twin.request((other) => other.get('csrf'))).value
    })
    expect((await client.request((session) => session.get('csrf'))).value).toBe(theirs)
  })
})
