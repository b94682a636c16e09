import { useSession } from 'zession/web'
import { brokenSession } from '$lib/server/session.js'

/** The commit fails; with `?save` the handler. */
export async function GET({ request, url }) {
  const session = await useSession(request, brokenSession)
  session.set('user', 'lost')
  if (url.searchParams.has('save')) await session.save()
  return new Response('never seen')
}
