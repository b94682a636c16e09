import type { H3 } from 'h3-v2'
import { readForm, seeOther } from '../http.js'
import { currentEpoch, endAllLogins } from '../logins.js'
import { openSession, replaceSession } from '../visit.js'

export function addAccountRoutes(app: H3): void {
  app.post('/login', async (event) => {
    const typed = (await readForm(event))('name')
    const name = typed.trim().normalize('NFC')
    const session = await openSession(event)
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
    session.set('user', { name, since: new Date(), epoch: await currentEpoch(name) })
    session.flash.set('notice', `Welcome, ${name}.`)
    await session.regenerate() // an id that was known before the login must not become a logged-in one
    return seeOther('/')
  })

  app.post('/logout', async (event) => {
    const session = await openSession(event)
    await replaceSession(event, session, 'Bye, see you soon.')
    return seeOther('/')
  })

  app.post('/logout-everywhere', async (event) => {
    const session = await openSession(event)
    const user = session.get('user')
    if (!user) return seeOther('/login')
    await endAllLogins(user.name)
    await replaceSession(event, session, 'Bye. You are logged out in every browser.')
    return seeOther('/')
  })
}

function nameErrors(name: string): string[] {
  const errors: string[] = []
  if (name.length < 2 || name.length > 40) errors.push('Give a name of 2 to 40 characters.')
  if (name !== '' && !/^[\p{L}\p{M}\p{N} .'’-]+$/u.test(name))
    errors.push("Use letters, digits, spaces and . ' - only.")
  return errors
}
