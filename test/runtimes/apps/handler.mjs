import { defineSession, memoryStore } from 'zession'
import { useReadonlySession, useSession, withSessions } from 'zession/web'
import { z } from 'zod'

const schema = z.object({ user: z.string().optional(), visits: z.number().default(0) })
export const appSession = defineSession(schema, { store: memoryStore() })
const down = async () => {
  throw new Error('connect ECONNREFUSED db-7.internal')
}
/** Its store answers reads and stores nothing. */
const brokenSession = defineSession(schema, {
  name: 'broken',
  store: { ...memoryStore(), create: down, update: down },
})
const page = 'a page that is worth compressing. '.repeat(200)
const streamOf = () => new Blob([page, page]).stream()

async function change(request, definition = appSession) {
  const session = await useSession(request, definition)
  session.set('user', new URL(request.url).searchParams.get('user') ?? 'someone')
}

const routes = {
  '/me': async (request) => Response.json({ user: (await useSession(request, appSession)).get('user') ?? null }),
  '/json': async (request) => (await change(request), Response.json({ page })),
  '/text': async (request) => (await change(request), new Response(page)),
  '/redirect': async (request) => (await change(request), Response.redirect(new URL('/me', request.url), 302)),
  '/empty': async (request) => (await change(request), new Response(null, { status: 204 })),
  '/stream': async (request) => (await change(request), new Response(streamOf())),
  '/throw': async (request) => {
    await change(request)
    throw Object.assign(new Error('refused'), { status: 422 })
  },
  '/boom': async (request) => {
    await change(request)
    throw new Error('a bug')
  },
  '/out': async (request) => {
    await (await useSession(request, appSession)).destroy()
    throw new Error('a bug')
  },
  '/fail': async (request) => {
    await change(request, brokenSession)
    return Response.json({ page }, { headers: { location: '/x' } })
  },
  '/failstream': async (request) => (await change(request, brokenSession), new Response(streamOf())),
  '/failsave': async (request) => {
    const session = await useSession(request, brokenSession)
    session.set('user', 'lost')
    await session.save()
  },
}

/** @param upgrade how the runtime makes a WebSocket that says one text and ends */
export const handlerOf = (upgrade) =>
  withSessions(
    async (request, ...rest) => {
      const { pathname, searchParams } = new URL(request.url)
      if (pathname === '/socket') {
        const session = await useSession(request, appSession)
        const looked = await useReadonlySession(request, appSession)
        let code
        try {
          session.set('visits', 1)
        } catch (error) {
          code = error.code
        }
        return upgrade(request, JSON.stringify({ user: looked.get('user'), code }), ...rest)
      }
      if (searchParams.get('opened')) await change(request)
      return (await routes[pathname]?.(request)) ?? new Response('Not found', { status: 404 })
    },
    {
      onError({ status = 500, statusCode, code }) {
        return Response.json({ status, statusCode, code }, { status })
      },
    },
  )
