// Log in, a page for members, log out.
//   npm install zession zod h3@2
//   node login.mjs
//   curl -c jar -d 'name=ann&password=correct-horse' localhost:3000/login && curl -b jar localhost:3000/secret
import { timingSafeEqual } from 'node:crypto'
import { H3, HTTPError, serve } from 'h3'
import { defineSession } from 'zession'
import { installSessions, useSession } from 'zession/h3'
import { z } from 'zod'

const appSession = defineSession(z.object({ user: z.string().optional() }))

const app = new H3()
installSessions(app)

app.post('/login', async (event) => {
  const form = await event.req.formData()
  const name = String(form.get('name'))
  if (!isPassword(name, String(form.get('password')))) throw HTTPError.status(401, 'Wrong name or password')
  const session = await useSession(event, appSession)
  // A new id at every change of rights: what somebody planted in this browser before is worth nothing.
  await session.regenerate({ keep: [] })
  session.set('user', name)
  return 'Welcome'
})

app.get('/secret', async (event) => {
  const session = await useSession(event, appSession)
  const user = session.get('user')
  if (user === undefined) throw HTTPError.status(403, 'Log in first')
  return `The cake is for ${user}.`
})

app.post('/logout', async (event) => {
  const session = await useSession(event, appSession)
  await session.destroy()
  return 'Goodbye'
})

serve(app)

/** For the example only: yours compares with a slow, salted hash from your users' table. */
function isPassword(name, password) {
  const given = Buffer.from(password)
  const expected = Buffer.from('correct-horse')
  return name === 'ann' && given.length === expected.length && timingSafeEqual(given, expected)
}
