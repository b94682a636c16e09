import { useSession } from 'zession/web'
import { appSession } from '$lib/server/session.js'

export async function GET({ request }) {
  ;(await useSession(request, appSession)).set('user', 'streamed')
  return new Response(new Blob(['one ', 'two']).stream())
}
