import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { sessions, useSession } from '../../src/node/index.js'
import { memoryStore } from '../../src/stores/memory.js'
import { cookieOf, define, overNode, type Site } from './harness.js'

/** A page for which a session is opened, and changed. */
type Page = () => Promise<string>
type Answer = (res: ServerResponse, page: Page) => unknown

/** `res.end(await page())` takes `end` of the response before the session is opened. */
const answers: Readonly<Record<string, Answer>> = {
  'end()': async (res, page) => res.end(await page()),
  'write()': async (res, page) => {
    res.write(await page())
    res.end()
  },
  'writeHead()': async (res, page) => {
    res.writeHead((await page()).length > 0 ? 200 : 500)
    res.end('page')
  },
  'end(), bound': async (res, page) => {
    const end = res.end.bind(res)
    end(await page())
  },
  'write() and end(), bound': async (res, page) => {
    const [write, end] = [res.write.bind(res), res.end.bind(res)]
    write((await page()).slice(0, 2))
    end('ge')
  },
}

/** Middleware that puts its own methods over those of the response, as `compression` does. */
function wrap(res: ServerResponse) {
  const { end, write, writeHead } = res
  res.end = ((...args: never[]) => Reflect.apply(end, res, args)) as never
  res.write = ((...args: never[]) => Reflect.apply(write, res, args)) as never
  res.writeHead = ((...args: never[]) => (
    res.setHeader('x-wrapped', '1'), Reflect.apply(writeHead, res, args)
  )) as never
}

describe.each([
  { wrapped: 'by nothing else', before: () => {}, after: () => {} },
  { wrapped: 'before sessions()', before: wrap, after: () => {} },
  { wrapped: 'after sessions()', before: () => {}, after: wrap },
  { wrapped: 'before and after sessions()', before: wrap, after: wrap },
])('a method that was taken from the response before its session was opened, wrapped $wrapped', ({ before, after }) => {
  let site: Site | undefined
  afterEach(() => site?.close())

  async function start(answer: Answer, store = memoryStore()) {
    const definition = define(store)
    const install = sessions()
    site = await overNode((req: IncomingMessage, res) => {
      before(res)
      install(req, res, (error) => {
        if (error) {
          res.statusCode = (error as { status?: number }).status ?? 500
          res.end('failed')
          return
        }
        after(res)
        const path = req.url
        void answer(res, async () => {
          if (path === '/plain') return 'page'
          const session = await useSession(req, definition)
          if (path === '/me') return session.get('user') ?? 'nobody'
          session.set('user', 'ada')
          return 'page'
        })
      })
    })
    return site
  }

  it.each(Object.entries(answers))('%s waits for the commit, and the cookie goes out with it', async (_, answer) => {
    const site = await start(answer)
    const reply = await site.get('/')
    expect([reply.status, reply.text, reply.headers.get('cache-control')]).toEqual([200, 'page', 'no-store'])
    const plain = await site.get('/plain')
    expect([plain.status, plain.text, plain.cookies]).toEqual([200, 'page', []])
    const me = await site.get('/me', cookieOf(reply))
    expect([me.status, me.cookies]).toEqual([200, []])
  })

  it.each(Object.entries(answers))('%s sends nothing of a page whose session cannot be stored', async (_, answer) => {
    const store = memoryStore()
    vi.spyOn(console, 'error').mockReturnValue()
    const site = await start(answer, { ...store, create: () => Promise.reject(new Error('down')) })
    const reply = await site.get('/')
    expect([reply.status, reply.text, reply.cookies]).toEqual([503, 'failed', []])
  })
})
