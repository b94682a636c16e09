import { error } from '@sveltejs/kit'
import { useSession } from 'zession/web'
import { appSession } from '$lib/server/session.js'

export async function GET({ request }) {
  ;(await useSession(request, appSession)).set('user', 'refused')
  error(418, 'a teapot')
}
