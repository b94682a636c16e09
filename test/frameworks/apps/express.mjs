import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import compression from 'compression'
import express from 'express'
import { sessions, useSession } from 'zession/node'
import { appSession, brokenSession, page } from './session.mjs'

const app = express()
app.use(compression({ threshold: 0 }))
app.use(sessions())
const change = async (req, definition = appSession) =>
  (await useSession(req, definition)).set('user', req.query.user ?? 'someone')
app.use(async (req, _res, next) => {
  if (req.query.opened) await change(req)
  next()
})
const sub = express.Router()
app.use('/sub', sub)
const on = (path, handler) => (path.startsWith('/sub') ? sub.get(path.slice(4), handler) : app.get(path, handler))

on('/me', async (req, res) => res.json({ user: (await useSession(req, appSession)).get('user') ?? null }))
on('/json', async (req, res) => (await change(req), res.json({ page })))
on('/sub/json', async (req, res) => (await change(req), res.json({ page })))
on('/text', async (req, res) => (await change(req), res.send(page)))
on('/redirect', async (req, res) => (await change(req), res.redirect('/me')))
on('/empty', async (req, res) => (await change(req), res.sendStatus(204)))
on('/file', async (req, res) => (await change(req), res.sendFile('package.json', { root: '.' })))
on('/stream', async (req, res) => (await change(req), pipeline(Readable.from([page, page]), res)))
on('/flush', async (req, res) => {
  await change(req)
  res.write('one ')
  res.flush()
  res.end('two')
})
on('/throw', async (req) => {
  await change(req)
  throw Object.assign(new Error('refused'), { status: 422 })
})
on('/boom', async (req) => {
  await change(req)
  throw new Error('a bug')
})
on('/out', async (req) => {
  await (await useSession(req, appSession)).destroy()
  throw new Error('a bug')
})
on('/fail', async (req, res) => (await change(req, brokenSession), res.location('/x').json({ page })))
on('/sub/fail', async (req, res) => (await change(req, brokenSession), res.json({ page })))
on('/failstream', async (req, res) => (await change(req, brokenSession), void Readable.from([page, page]).pipe(res)))
on('/failsave', async (req) => {
  const session = await useSession(req, brokenSession)
  session.set('user', 'lost')
  await session.save()
})
app.use((error, _req, res, _next) => {
  res.status(error.status ?? 500).json({ status: error.status ?? 500, statusCode: error.statusCode, code: error.code })
})

export const listen = () =>
  new Promise((resolve) => {
    const server = app.listen(0, '127.0.0.1', () => resolve(server.address().port))
  })
