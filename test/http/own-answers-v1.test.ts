import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type H3EventLike } from '../../src/h3/index.js'
import { memoryStore } from '../../src/stores/memory.js'
import { down, inTime } from './edge-kit.js'
import { asV1, define, type Edge, edges, type Site, sleep, useSession, watch } from './harness.js'

let site: Site | undefined
afterEach(() => site?.close())

describe('h3 v1 over node: a handler that answers by itself while its session is being stored', () => {
  const [edge, web] = edges as readonly [Edge, Edge]
  type Res = ReturnType<typeof asV1>['node']['res']
  const unhandled: unknown[] = []
  const note = (error: unknown) => void unhandled.push(error)
  let others: NodeJS.UnhandledRejectionListener[]
  beforeEach(() => {
    unhandled.length = 0
    others = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection').on('unhandledRejection', note)
  })
  afterEach(() => {
    process.off('unhandledRejection', note)
    for (const other of others) process.on('unhandledRejection', other)
  })

  async function answer(act: (res: Res) => void) {
    const watched = watch()
    watched.before = () => sleep(10)
    const definition = define(watched.store)
    const run = async (event: H3EventLike) => {
      act(asV1(event).node.res)
      await sleep(40)
    }
    site = await edge.serve({
      '/session': async (event) => {
        ;(await useSession(event, definition)).set('user', 'ada')
        await run(event)
      },
      '/plain': run,
    })
    const plain = await inTime(site.get('/plain'))
    const reply = await inTime(site.get('/session'))
    await sleep(5)
    expect(unhandled).toEqual([])
    return { plain, reply }
  }

  it.each<[string, (res: Res) => void]>([
    [
      'asks headersSent before each writeHead',
      (res) => {
        for (const chunk of ['one ', 'two']) {
          if (!res.headersSent) res.writeHead(200, { 'content-type': 'text/plain' })
          res.write(chunk)
        }
        res.end()
      },
    ],
    [
      'asks headersSent after the end',
      (res) => {
        res.write('one ')
        res.end('two')
        if (!res.headersSent) res.writeHead(500, { 'x-late': '1' }).end('oops')
      },
    ],
    ['ends in the callback of a write', (res) => void res.write('one ', () => res.end('two'))],
  ])('that %s answers as without a session', async (_name, act) => {
    const { plain, reply } = await answer(act)
    expect([plain.status, plain.text]).toEqual([200, 'one two'])
    expect([reply.status, reply.text, reply.cookies.length, reply.headers.get('x-late')]).toEqual([
      200,
      'one two',
      1,
      null,
    ])
  })

  it.each<[string, (res: Res) => void]>([
    ['writes a number', (res) => void res.write(123 as never)],
    ['ends with an object', (res) => void res.end({} as never)],
    ['has a status that does not exist', (res) => void res.writeHead(99)],
  ])('that %s is a 500, as without a session', async (_name, act) => {
    const { plain, reply } = await answer(act)
    expect([plain.status, reply.status]).toEqual([500, 500])
  })

  it('that fails behind a part of its answer is cut off, not left hanging', async () => {
    const definition = define(memoryStore())
    const routes = {
      '/go': async (event: H3EventLike) => {
        ;(await useSession(event, definition)).set('user', 'ada')
        const { res } = asV1(event).node
        res.writeHead(200)
        res.write('one ')
        res.write(123 as never)
        await sleep(40)
      },
    }
    site = await edge.serve(routes)
    expect(await inTime(site.get('/go').catch(() => 'cut off'))).toBe('cut off')
    // Of a web handler's response nothing has left yet.
    const { status, text } = await inTime((await web.serve(routes)).get('/go'))
    expect([status, text]).toEqual([500, ''])
    expect(unhandled).toEqual([])
  })
})

describe('h3 v1 over node: middleware that wraps the response after the session was first used', () => {
  const [edge] = edges as readonly [Edge]

  /** As compression does it: what was ended once is not ended again. */
  function wrap(res: ReturnType<typeof asV1>['node']['res']) {
    const end = res.end.bind(res)
    let ended = false
    res.end = ((...args: Parameters<typeof end>) => {
      if (ended) return res
      ended = true
      return end(...args)
    }) as typeof res.end
  }

  it('does not swallow the error page of a commit that fails', async () => {
    const watched = watch()
    watched.before = down
    const definition = define(watched.store)
    site = await edge.serve({
      '/go': async (event) => {
        const { res } = asV1(event).node
        ;(await useSession(event, definition)).set('user', 'ada')
        wrap(res)
        res.end('hi')
      },
    })
    expect((await inTime(site.get('/go'))).status).toBe(503)
  })
})
