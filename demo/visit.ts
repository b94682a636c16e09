import type { H3Event } from 'h3-v2'
import { useSession } from 'zession/h3'
import { currentEpoch } from './logins.js'
import { type AppSession, appSession } from './session.js'

/** The session of this request; a login that was ended from another browser is ended here first. */
export async function openSession(event: H3Event): Promise<AppSession> {
  const session = await useSession(event, appSession)
  const user = session.get('user')
  if (!user || user.epoch === (await currentEpoch(user.name))) return session
  return replaceSession(event, session, 'You were logged out from another browser.')
}

/** Ends the session for good and says so in a fresh one. Only the theme, which says nothing about who it was, is kept. */
export async function replaceSession(event: H3Event, session: AppSession, notice: string): Promise<AppSession> {
  const theme = session.get('theme')
  await session.destroy()
  const fresh = await useSession(event, appSession)
  if (theme !== 'light') fresh.set('theme', theme)
  fresh.flash.set('notice', notice)
  return fresh
}
