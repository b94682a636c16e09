//   npm install zession zod express@5 passport passport-local
import express from 'express'
import passport from 'passport'
import { Strategy } from 'passport-local'
import { defineSession } from 'zession'
import { requestSession, sessions } from 'zession/node'
import { z } from 'zod'

const appSession = defineSession(
  z.object({
    passport: z.object({ user: z.string().optional() }).optional(), // Passport's own key
    visits: z.number().default(0),
  }),
)

passport.use(new Strategy((name, password, done) => done(null, password === 'correct-horse' && { name })))
passport.serializeUser((user, done) => done(null, user.name))
passport.deserializeUser((name, done) => done(null, { name }))

const app = express()
app.use(express.urlencoded({ extended: false }))
app.use(sessions(), requestSession(appSession), passport.session())

app.get('/', (req, res) => {
  req.session.visits++
  res.json({ user: req.user?.name, visits: req.session.visits })
})
app.post('/login', passport.authenticate('local'), (_req, res) => res.redirect(303, '/'))
app.post('/logout', (req, res, next) => {
  req.logout((error) => (error ? next(error) : res.redirect(303, '/')))
})

app.listen(process.env.PORT ?? 3000)
