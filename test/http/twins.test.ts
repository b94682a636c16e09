import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession } from '../../src/define.js'
import { memoryStore } from '../../src/stores/memory.js'
import { sqliteStore } from '../../src/stores/sqlite.js'
import { cookieOf, edges, type Handler, signal, useSession } from './harness.js'

const schema = z.object({ userId: z.string().optional(), cart: z.array(z.string()).default([]) })

describe.each([
  ['memory', () => memoryStore()],
  ['sqlite', () => sqliteStore({ url: ':memory:' })],
] as const)('a double click on Log in, %s store', (_, open) => {
  it.each(edges)('$name: the browser keeps the second answer, and is in with its cart', async (edge) => {
    const definition = defineSession(schema, {
      store: open(),
      subject: 'userId',
      maxPerSubject: 1,
      cookie: { secure: false },
    })
    const bothOpened = signal()
    const firstAnswered = signal()
    let opened = 0
    // Both have opened the session before either gives it a new id, and the answer of the first comes first.
    const logIn =
      (turn: Promise<void>): Handler =>
      async (event) => {
        const session = await useSession(event, definition)
        if (++opened === 2) bothOpened.done()
        await bothOpened.promise
        await turn
        await session.regenerate()
        session.set('userId', 'ann')
        return { ok: true }
      }
    const site = await edge.serve({
      '/cart': async (event) => {
        const session = await useSession(event, definition)
        session.update('cart', (cart) => [...cart, 'A-1'])
        return { ok: true }
      },
      '/first': logIn(Promise.resolve()),
      '/second': logIn(firstAnswered.promise),
      '/me': async (event) => (await useSession(event, definition)).data,
    })
    try {
      const anonymous = cookieOf(await site.get('/cart'))
      const later = site.get('/second', anonymous)
      const first = await site.get('/first', anonymous)
      firstAnswered.done()
      const second = await later
      expect([first.status, second.status]).toEqual([200, 200])
      const me = async (cookie: string) => JSON.parse((await site.get('/me', cookie)).text) as unknown
      expect(await me(cookieOf(second))).toEqual({ userId: 'ann', cart: ['A-1'] })
      for (const dead of [cookieOf(first), anonymous]) expect(await me(dead)).toEqual({ cart: [] })
      expect(await definition.subjects.list('ann')).toHaveLength(1)
    } finally {
      await site.close()
      await definition.close()
    }
  })
})
