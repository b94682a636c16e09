// One server process of the chaos tests: the same routes on h3 v1, h3 v2, Express and a handler
// of web requests, a port each. It runs the built package.
//   node server.mjs '{ "dist": "file:///.../dist/", "store": { "kind": "redis", "options": { ... } }, "ports": [0, 0, 0, 0], "member": 0 }'
import { AsyncLocalStorage } from 'node:async_hooks'
import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import express from 'express'
import * as h3v1 from 'h3'
import * as h3v2 from 'h3-v2'
import { createDefinitions, now, perform, strain } from './perform.mjs'

const { dist, store: place, ports, member } = JSON.parse(process.argv[2])
const load = (path) => import(new URL(path, dist).href)
const { defineSession, headerTransport } = await load('index.js')
const byH3 = await load('h3/index.js')
const byNode = await load('node/index.js')
const byWeb = await load('web/index.js')
const { [`${place.kind}Store`]: openStore } = await load(`stores/${place.kind}.js`)
const HOOKS = [
  ...['created', 'loaded', 'saved', 'conflict', 'gone', 'regenerated', 'destroyed', 'reused', 'expired', 'invalid'],
  ...['migrated', 'storeError'],
]
const requests = new AsyncLocalStorage()
const definitions = createDefinitions(
  defineSession,
  strain(openStore(await optionsOf(place)), {
    before: hesitate,
    after: hesitate,
    report: () => requests.getStore(),
    time: now,
  }),
  { headerTransport, hooks: Object.fromEntries(HOOKS.map((hook) => [hook, (event) => tell(hook, event)])) },
)

/** On Redis every second process comes with node-redis, the others with ioredis. */
async function optionsOf({ kind, options }) {
  if (kind !== 'redis' || member % 2 === 0) return options
  const { createClient } = await import('redis')
  const { url, ...rest } = options
  const client = createClient({ url, disableOfflineQueue: true, socket: { reconnectStrategy: 50 } })
  return { client: await client.on('error', onError).connect(), ...rest }
}

/** As apps log: whatever a hook is told, and every error with all that hangs on it. */
function tell(what, payload) {
  const text = JSON.stringify(payload, (_, value) => (value instanceof Error ? inspect(value, { depth: 8 }) : value))
  process.stderr.write(`${what} ${text} ${payload.error ? inspect(payload.error, { depth: 8 }) : ''}\n`)
}

function onError(error) {
  process.stderr.write(`${inspect(error, { depth: 8 })}\n`)
}

/** What falls between what is not decided by the seed anyway. */
function hesitate() {
  return Math.random() < 0.1 ? sleep(Math.random() * 8) : undefined
}

/** @param edge what serves the event: each has its own `useSession` */
async function handle(edge, event, url, { fail, reply }) {
  const { also, ...first } = JSON.parse(new URL(url, 'http://chaos').searchParams.get('q'))
  const both = await Promise.allSettled([first, also].filter(Boolean).map((asked) => ask(edge, event, asked)))
  for (const { status, reason } of both) if (status === 'rejected') throw reason
  const [report, second] = both.map(({ value }) => value)
  const told = second ? { ...report, also: second } : report
  return first.op.fail ? fail(first.op.fail, told) : reply(first.op.reply, told)
}

async function ask({ useSession, useReadonlySession }, event, { n, def, op }) {
  const definition = definitions[def]
  const report = {}
  const use = (options) => useSession(event, definition, options)
  const look = () => useReadonlySession(event, definition)
  await requests.run(report, () => perform({ definition, use, look, sleep: pause }, { n, op }, report))
  return report
}

const pause = (ms) => (ms > 0 ? sleep(ms) : undefined)
const streamOf = (report) => new Blob([JSON.stringify(report)]).stream()

function v1() {
  const app = h3v1.createApp({ onError })
  byH3.installSessions(app)
  const answers = (event) => ({
    fail(how, report) {
      if (how === 'throw') throw h3v1.createError({ statusCode: 500, data: report })
      h3v1.setResponseStatus(event, 500)
      return report
    },
    reply(how, report) {
      if (how === 'stream') return streamOf(report)
      if (how === 'raw') return void event.node.res.end(JSON.stringify(report))
      return report
    },
  })
  app.use(h3v1.eventHandler((event) => handle(byH3, event, event.node.req.url, answers(event))))
  return h3v1.toNodeListener(app)
}

function v2() {
  const app = new h3v2.H3({ silent: true, onError })
  byH3.installSessions(app)
  const answers = (event) => ({
    fail(how, report) {
      if (how === 'throw') throw new h3v2.HTTPError({ status: 500, data: report })
      event.res.status = 500
      return report
    },
    reply(how, report) {
      if (how === 'stream') return streamOf(report)
      if (how === 'raw') return new Response(JSON.stringify(report))
      return report
    },
  })
  app.all('/**', (event) => handle(byH3, event, event.url.href, answers(event)))
  return h3v2.toNodeHandler(app)
}

function onExpress() {
  const app = express()
  app.use(byNode.sessions())
  app.use((req, res) =>
    handle(byNode, req, req.url, {
      fail(how, report) {
        if (how === 'throw') throw Object.assign(new Error('fails'), { data: report })
        res.status(500).json(report)
      },
      reply(how, report) {
        if (how === 'stream') return pipeline(Readable.from([JSON.stringify(report)]), res)
        return how === 'raw' ? res.end(JSON.stringify(report)) : res.json(report)
      },
    }),
  )
  app.use((error, _req, res, _next) => {
    onError(error)
    res.status(error.status ?? 500).json({ data: error.data })
  })
  return app
}

function onWeb() {
  const answer = (request) =>
    handle(byWeb, request, request.url, {
      fail(how, report) {
        if (how === 'throw') throw Object.assign(new Error('fails'), { data: report })
        return Response.json(report, { status: 500 })
      },
      reply: (how, report) => (how === 'stream' ? new Response(streamOf(report)) : Response.json(report)),
    })
  const page = (error) => {
    onError(error)
    return Response.json({ data: error.data }, { status: error.status ?? 500 })
  }
  return h3v2.toNodeHandler({ fetch: byWeb.withSessions(answer, { onError: page }) })
}

const listening = [v1(), v2(), onExpress(), onWeb()].map((listener, i) => {
  const server = createServer(listener)
  server.keepAliveTimeout = 60_000
  return new Promise((resolve) => server.listen(ports[i], '127.0.0.1', () => resolve(server.address().port)))
})
process.stdout.write(`${JSON.stringify(await Promise.all(listening))}\n`)
// It ends with whoever started it.
process.stdin.resume().on('end', () => process.exit(0))
