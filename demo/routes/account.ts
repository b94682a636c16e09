import type { H3 } from 'h3-v2'
import { useSession } from 'zession/h3'
import { browserName } from '../browser-name.js'
import { readForm, seeOther } from '../http.js'
import { appSession } from '../session.js'
import { replaceSession } from '../visit.js'

export function addAccountRoutes(app: H3): void {
  app.post('/login', async (event) => {
    const typed = (await readForm(event))('name')
    const name = typed.trim().normalize('NFC')
    const session = await useSession(event, appSession)
    const user = session.get('user')
    if (user) {
      session.flash.set('notice', `You are logged in as ${user.name} already. Log out first.`)
      return seeOther('/')
    }
    const errors = nameErrors(name)
    for (const error of errors) session.flash.add('errors', error)
    if (errors.length > 0) {
      session.flash.set('typedName', typed.slice(0, 100))
      return seeOther('/login')
    }
    session.set('user', { name, since: new Date(), browser: browserName(event.req.headers.get('user-agent')) })
    session.flash.set('notice', `Welcome, ${name}.`)
    await session.regenerate() // an id that was known before the login must not become a logged-in one
    return seeOther('/')
  })

  app.post('/logout', async (event) => {
    const session = await useSession(event, appSession)
    await replaceSession(event, session, 'Bye, see you soon.')
    return seeOther('/')
  })

  app.post('/logout-everywhere', async (event) => {
    const session = await useSession(event, appSession)
    const user = session.get('user')
    if (!user) return seeOther('/login')
    await appSession.subjects.revoke(user.name, { except: session })
    await replaceSession(event, session, 'Bye. You are logged out in every browser.')
    return seeOther('/')
  })

  app.post('/logins/end', async (event) => {
    const session = await useSession(event, appSession)
    const user = session.get('user')
    if (!user) return seeOther('/login')
    const ref = (await readForm(event))('ref')
    // Out of the user's own list, so that nobody ends a stranger's.
    const login = (await appSession.subjects.list(user.name)).find((each) => each.ref === ref)
    const ended = login && login.ref !== session.ref && (await login.revoke())
    session.flash.set('notice', ended ? 'That login was ended.' : 'That login had ended already.')
    return seeOther('/logins')
  })
}

function nameErrors(name: string): string[] {
  const errors: string[] = []
  if (name.length < 2 || name.length > 40) errors.push('Give a name of 2 to 40 characters.')
  if (name !== '' && !/^[\p{L}\p{M}\p{N} .'’-]+$/u.test(name))
    errors.push("Use letters, digits, spaces and . ' - only.")
  return errors
}
