import type { H3 } from 'h3-v2'
import { useSession } from 'zession/h3'
import { appSession } from '../session.js'

/**
 * The routes that the READMEs of flamego/session and its kin open with, so that the two can be held side by side. They
 * change state on GET, as there; a real app would not.
 */
export function addSeedRoutes(app: H3): void {
  app.get('/set', async (event) => {
    const session = await useSession(event, appSession)
    session.set('userId', 123)
    return 'Succeed'
  })

  app.get('/get', async (event) => {
    const session = await useSession(event, appSession)
    return { user_id: session.get('userId') ?? null }
  })

  app.get('/clear', async (event) => {
    const session = await useSession(event, appSession)
    session.delete('userId')
    return 'Succeed'
  })

  app.get('/set-simple', async (event) => {
    const session = await useSession(event, appSession)
    session.flash.set('simple', 'This is a flash message')
    return 'Succeed'
  })

  app.get('/get-simple', async (event) => {
    const session = await useSession(event, appSession)
    return { flash: (await session.flash.take('simple')) ?? null }
  })

  app.get('/set-complex', async (event) => {
    const session = await useSession(event, appSession)
    session.flash.set('complex', { message: 'This is a flash message', level: 'info' })
    return 'Succeed'
  })

  app.get('/get-complex', async (event) => {
    const session = await useSession(event, appSession)
    return { flash: (await session.flash.take('complex')) ?? null }
  })
}
