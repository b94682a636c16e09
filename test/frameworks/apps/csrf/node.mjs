import { createServer } from 'node:http'
import { sessions, useSession } from 'zession/node'
import { noted, siteOf } from './site.mjs'

const { csrf, read, act } = siteOf(useSession, (req) => req.url)
const install = sessions()

/** Node parses no body: the app does, and puts it where middleware of Express does. */
async function parse(req) {
  const request = new Request('http://localhost', { method: 'POST', headers: req.headers, body: req, duplex: 'half' })
  const type = req.headers['content-type'] ?? ''
  if (!/json|form/.test(type)) return
  req.body = type.includes('json')
    ? await request.json()
    : Object.fromEntries([...(await request.formData())].reverse())
}

async function answer(req, res) {
  if (req.method === 'POST') await parse(req)
  await csrf.verify(req)
  if (req.url === '/echo') return res.end(noted(req.body))
  res.end(await (req.method === 'POST' ? act : read)[req.url](req))
}

const server = createServer((req, res) => {
  const fail = (error) => {
    res.statusCode = error.status ?? 500
    res.end(error.code)
  }
  install(req, res, (error) => (error ? fail(error) : void answer(req, res).catch(fail)))
})

export const listen = () =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(server.address().port))
  })
