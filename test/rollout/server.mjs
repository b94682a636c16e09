// One server process of a rollout: a release of the app on node:http, one operation a request. `/bulk` runs many requests through
// the handler of web requests, so that everybody can log in, and be looked at, without a connection each.
import { createServer } from 'node:http'
import { app, version } from './app.mjs'
import { perform } from './perform.mjs'

const { dist } = JSON.parse(process.env.ROLLOUT)
const load = (path) => import(new URL(path, dist).href)
const byNode = await load('node/index.js')
const byWeb = await load('web/index.js')
const install = byNode.sessions()

const handler = byWeb.withSessions(async (request) => {
  const op = JSON.parse(new URL(request.url).searchParams.get('q'))
  return Response.json(await perform(await byWeb.useSession(request, app), op, version))
})

const server = createServer((req, res) => void answer(req, res))

async function answer(req, res) {
  try {
    if (req.url === '/bulk') return void res.end(JSON.stringify(await bulk(JSON.parse(await textOf(req)))))
    install(req, res)
    const op = JSON.parse(new URL(req.url, 'http://app').searchParams.get('q'))
    const report = await perform(await byNode.useSession(req, app), op, version)
    res.end(JSON.stringify(report))
  } catch (error) {
    process.stderr.write(`${error.code ?? ''} ${error.stack}\n`)
    res.statusCode = error.status ?? 500
    res.end(JSON.stringify({ code: error.code }))
  }
}

server.keepAliveTimeout = 600_000
server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`))
process.once('SIGTERM', () => {
  server.close(() => app.close())
  server.closeIdleConnections()
})

async function bulk(asked) {
  const answers = []
  const lane = async () => {
    for (let at = answers.length; at < asked.length; at = answers.length) {
      answers.push(undefined)
      const { cookie, op } = asked[at]
      const url = `http://app/?q=${encodeURIComponent(JSON.stringify(op))}`
      const response = await handler(new Request(url, { headers: cookie ? { cookie } : {} }))
      const report = await response.json()
      answers[at] = { status: response.status, cookies: response.headers.getSetCookie(), report }
    }
  }
  await Promise.all(Array.from({ length: 32 }, lane))
  return answers
}

async function textOf(request) {
  let text = ''
  for await (const part of request.setEncoding('utf8')) text += part
  return text
}
