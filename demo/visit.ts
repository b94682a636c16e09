import type { H3Event } from 'h3-v2'
import { useSession } from 'zession/h3'
import { type AppSession, appSession } from './session.js'

/** Ends the session for good and says so in a fresh one. Only the theme, which says nothing about who it was, is kept. */
export async function replaceSession(event: H3Event, session: AppSession, notice: string): Promise<AppSession> {
  const theme = session.get('theme')
  await session.destroy()
  const fresh = await useSession(event, appSession)
  if (theme !== 'light') fresh.set('theme', theme)
  fresh.flash.set('notice', notice)
  return fresh
}
