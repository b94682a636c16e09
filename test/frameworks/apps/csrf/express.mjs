import express from 'express'
import multer from 'multer'
import { sessions, useSession } from 'zession/node'
import { noted, siteOf } from './site.mjs'

const { csrf, read, act } = siteOf(useSession, (req) => req.path)
const app = express()
app.use(sessions(), express.urlencoded({ extended: false }), express.json(), multer().any(), csrf.middleware)
for (const [path, make] of Object.entries(read)) app.get(path, async (req, res) => res.send(await make(req)))
for (const [path, make] of Object.entries(act)) app.post(path, async (req, res) => res.send(await make(req)))
app.post('/echo', (req, res) => res.send(noted(req.body)))
app.use((error, _req, res, _next) => res.status(error.status ?? 500).json({ code: error.code }))

export const listen = () =>
  new Promise((resolve) => {
    const server = app.listen(0, '127.0.0.1', () => resolve(server.address().port))
  })
