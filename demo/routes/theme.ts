import { type H3, HTTPError, redirectBack } from 'h3-v2'
import { useSession } from 'zession/h3'
import { readForm } from '../http.js'
import { appSession } from '../session.js'

export function addThemeRoute(app: H3): void {
  app.post('/theme', async (event) => {
    const theme = (await readForm(event))('theme')
    if (theme !== 'light' && theme !== 'dark')
      throw new HTTPError('There is a light and a dark theme.', { status: 400 })
    const session = await useSession(event, appSession)
    session.set('theme', theme) // the compiler knows that only these two texts can arrive here
    return redirectBack(event, { status: 303 })
  })
}
