import { json } from '@sveltejs/kit'
import { useSession } from 'zession/web'
import { appSession } from '$lib/server/session.js'

export async function GET({ request }) {
  const session = await useSession(request, appSession)
  return json({ user: session.get('user') ?? null, visits: session.get('visits') })
}
