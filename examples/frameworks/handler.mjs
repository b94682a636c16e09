import { defineSession } from 'zession'
import { useSession, withSessions } from 'zession/web'
import { z } from 'zod'

const appSession = defineSession(z.object({ user: z.string().optional(), visits: z.number().default(0) }))
const back = () => new Response(null, { status: 303, headers: { location: '/' } })

export const handler = withSessions(async (request) => {
  const session = await useSession(request, appSession)
  const path = request.method === 'POST' ? new URL(request.url).pathname : '/'
  if (path === '/login') {
    await session.regenerate()
    session.set('user', 'ann')
    return back()
  }
  if (path === '/logout') {
    await session.destroy()
    return back()
  }
  session.update('visits', (visits) => visits + 1)
  return Response.json({ user: session.get('user'), visits: session.get('visits') })
})
