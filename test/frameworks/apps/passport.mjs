import flash from 'connect-flash'
import express from 'express'
import passport from 'passport'
import { Strategy } from 'passport-local'
import { defineSession, memoryStore } from 'zession'
import { requestSession, sessions } from 'zession/node'
import { z } from 'zod'

/** The keys that Passport, connect-flash and the app write. */
const appSession = defineSession(
  z.object({
    passport: z.object({ user: z.string().optional() }).optional(),
    messages: z.array(z.string()).optional(),
    flash: z.record(z.string(), z.array(z.string())).optional(),
    returnTo: z.string().optional(),
    visits: z.number().default(0),
  }),
  { store: memoryStore(), subject: (data) => data.passport?.user },
)

passport.use(
  new Strategy((name, password, done) =>
    done(null, password === 'correct-horse' ? { name } : false, { message: 'Wrong password' }),
  ),
)
passport.serializeUser((user, done) => done(null, user.name))
passport.deserializeUser((name, done) => done(null, { name }))

const app = express()
app.use(express.urlencoded({ extended: false }))
app.use(sessions(), requestSession(appSession), passport.session(), flash())
app.get('/me', (req, res) => {
  req.session.visits++
  res.json({ user: req.user?.name ?? null, visits: req.session.visits, keys: Object.keys(req.session).toSorted() })
})
app.get('/plan', (req, res) => ((req.session.returnTo = '/plan'), res.send('ok')))
app.get('/flash', (req, res) => res.json(req.flash('error')))
app.get('/messages', (req, res) => res.json(req.session.messages ?? []))
app.get('/unknown', (req, res) => ((req.session.nowhere = 1), res.send('never seen')))
app.get('/remember', (req, res) => ((req.session.cookie.maxAge = 86_400_000), res.send('ok')))
app.get('/destroy', (req, res, next) =>
  req.session.destroy((error) => (error ? next(error) : res.json({ session: req.session ?? null }))),
)
app.post(
  '/login',
  passport.authenticate('local', {
    failureRedirect: '/fails',
    failureMessage: true,
    failureFlash: true,
    keepSessionInfo: true,
  }),
  (req, res) => res.json({ user: req.user.name, returnTo: req.session.returnTo ?? null }),
)
app.post('/logout', (req, res, next) => req.logout((error) => (error ? next(error) : res.send('out'))))
app.get('/sessions/:user', async (req, res) => res.json((await appSession.subjects.list(req.params.user)).length))
app.use((error, _req, res, _next) => void res.status(error.status ?? 500).json({ code: error.code }))

export const listen = () =>
  new Promise((resolve) => {
    const server = app.listen(0, '127.0.0.1', () => resolve(server.address().port))
  })
