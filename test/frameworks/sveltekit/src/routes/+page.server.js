import { redirect } from '@sveltejs/kit'
import { useSession } from 'zession/web'
import { appSession } from '$lib/server/session.js'

export async function load({ request, fetch }) {
  const session = await useSession(request, appSession)
  session.update('visits', (visits) => visits + 1)
  // A request of its own, in this process.
  const inner = await (await fetch('/api/me')).json()
  return {
    seen: JSON.stringify({
      user: session.get('user'),
      visits: session.get('visits'),
      notice: await session.flash.take('notice'),
      inner: inner.visits,
    }),
  }
}

export const actions = {
  async login({ request }) {
    const session = await useSession(request, appSession)
    const form = await request.formData()
    await session.regenerate()
    session.set('user', String(form.get('user')))
    session.flash.set('notice', 'Welcome')
    redirect(303, '/')
  },
  async logout({ request }) {
    await (await useSession(request, appSession)).destroy()
    redirect(303, '/')
  },
}
