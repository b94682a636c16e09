// Writes the samples that test/unit/adopt/readers.test.ts reads, with the libraries themselves:
// npm ci && node write-samples.mjs > ../unit/adopt/reader-samples.json
import { once } from 'node:events'
import { register } from 'node:module'
import fastifyCookie from '@fastify/cookie'
import secureSession from '@fastify/secure-session'
import fastifySession from '@fastify/session'
import cookieSession from 'cookie-session'
import express from 'express'
import session from 'express-session'
import Fastify from 'fastify'
import * as h3v1 from 'h3'
import * as h3v2 from 'h3-v2'
import { getIronSession } from 'iron-session'
import { getIronSession as getIronSession8 } from 'iron-session-8'

const secret = 'a-secret-of-the-old-app-0123456789'
const older = 'an-older-secret-of-the-app-9876543'
const values = { userId: 7, name: 'Ann Ö', cart: [{ sku: 'pear', qty: 2 }] }
const day = 86_400_000
const cookieOf = (lines) => lines.map((line) => line.split(';')[0]).join('; ')

async function throughExpress(...middleware) {
  const app = express()
  for (const each of middleware) app.use(each)
  app.get('/', (request, response) => {
    Object.assign(request.session, values)
    response.end()
  })
  const server = app.listen(0)
  await once(server, 'listening')
  const response = await fetch(`http://127.0.0.1:${server.address().port}/`)
  server.close()
  return cookieOf(response.headers.getSetCookie())
}

async function throughFastify(...plugins) {
  const app = Fastify()
  for (const [plugin, options] of plugins) await app.register(plugin, options)
  app.get('/', async (request) => {
    for (const [key, value] of Object.entries(values)) request.session.set(key, value)
    return 'ok'
  })
  const response = await app.inject('/')
  await app.close()
  return cookieOf([response.headers['set-cookie']].flat())
}

function jar() {
  const kept = new Map()
  return {
    kept,
    get: (name) => (kept.has(name) ? { name, value: kept.get(name) } : undefined),
    set: (name, value) => kept.set(name, value),
    header: () => [...kept].map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('; '),
  }
}

async function throughIron(open, options, more = {}) {
  const cookies = jar()
  const open1 = await open(cookies, { password: secret, cookieName: 'iron', ...options })
  Object.assign(open1, values, more)
  await open1.save()
  return cookies.header()
}

async function throughH3(config, more = {}) {
  const app = h3v1.createApp()
  app.use(
    '/',
    h3v1.eventHandler(async (event) => {
      const found = await h3v1.useSession(event, { password: secret, ...config })
      await found.update({ ...values, ...more })
      return 'ok'
    }),
  )
  const response = await h3v1.toWebHandler(app)(new Request('http://localhost/'))
  return cookieOf(response.headers.getSetCookie().slice(-1))
}

async function throughH3v2(config, more = {}) {
  const app = new h3v2.H3()
  app.get('/', async (event) => {
    const found = await h3v2.useSession(event, { password: secret, ...config })
    await found.update({ ...values, ...more })
    return 'ok'
  })
  const response = await app.request('/')
  return cookieOf([...new Map(response.headers.getSetCookie().map((line) => [line.split('=')[0], line])).values()])
}

/** Its server helpers, with what Nitro would give them. */
async function throughNuxtAuthUtils() {
  const imports = `export const useRuntimeConfig = () => ({ session: { name: 'nuxt-session', password: '${secret}', cookie: { sameSite: 'lax' } } })`
  const found = JSON.stringify({ url: `data:text/javascript,${encodeURIComponent(imports)}`, shortCircuit: true })
  const hooks = `export const resolve = (name, context, next) => name === '#imports' ? ${found} : next(name, context)`
  register(`data:text/javascript,${encodeURIComponent(hooks)}`)
  const { setUserSession } = await import('./node_modules/nuxt-auth-utils/dist/runtime/server/utils/session.js')
  const app = h3v1.createApp()
  app.use(
    '/',
    h3v1.eventHandler(async (event) => {
      await setUserSession(event, { user: { id: 7, name: 'Ann Ö' }, secure: { token: 't' }, loggedInAt: 1 })
      return 'ok'
    }),
  )
  const response = await h3v1.toWebHandler(app)(new Request('http://localhost/'))
  return cookieOf(response.headers.getSetCookie().slice(-1))
}

const memory = new session.MemoryStore()
const records = () => Object.fromEntries(Object.entries(memory.sessions))
const withExpress = (options) =>
  throughExpress(session({ secret, resave: false, saveUninitialized: false, store: memory, ...options }))

/** What @fastify/session hands to a store, as JSON: stores of express-session keep it so. */
const fastifyRecords = {}
const fastifyStore = {
  get: (id, done) => done(null, fastifyRecords[id] && JSON.parse(fastifyRecords[id])),
  set: (id, record, done) => {
    fastifyRecords[id] = JSON.stringify(record)
    done()
  },
  destroy: (_, done) => done(),
}
const key = Buffer.from('0123456789abcdef0123456789abcdef')
const long = { text: 'x'.repeat(5000) }

const samples = {
  writtenAt: Date.now(),
  secret,
  older,
  values,
  'express-session': await withExpress({}),
  'express-session, older secret': await withExpress({ secret: older }),
  'express-session, an end': await withExpress({ cookie: { maxAge: day } }),
  'express-session, a name': await withExpress({ name: 'sid' }),
  'iron-session 8': await throughIron(getIronSession8, {}),
  'iron-session 8, without end': await throughIron(getIronSession8, { ttl: 0 }),
  'iron-session 9': await throughIron(getIronSession, {}),
  'iron-session 9, passwords': await throughIron(getIronSession, { password: { 1: older, 2: secret } }),
  'iron-session 9, in chunks': await throughIron(getIronSession, { chunk: true }, long),
  'h3 1': await throughH3({}),
  'h3 1, an end': await throughH3({ name: 'sid', maxAge: 3600 }),
  'h3 2': await throughH3v2({}),
  'h3 2, ends': await throughH3v2({ maxAge: 7200, idleTimeout: 600 }),
  'h3 2, in chunks': await throughH3v2({}, long),
  'nuxt-auth-utils': await throughNuxtAuthUtils(),
  '@fastify/session': await throughFastify(
    [fastifyCookie, {}],
    [fastifySession, { secret, store: fastifyStore, cookie: { secure: false, maxAge: day } }],
  ),
  '@fastify/session, a prefix': await throughFastify(
    [fastifyCookie, {}],
    [
      fastifySession,
      { secret, store: fastifyStore, cookieName: 'connect.sid', cookiePrefix: 's:', cookie: { secure: false } },
    ],
  ),
  '@fastify/secure-session': await throughFastify([secureSession, { key }]),
  '@fastify/secure-session, signed too': await throughFastify([
    secureSession,
    { key, cookieName: 'sid', cookie: { signed: true } },
  ]),
  'cookie-session': await throughExpress(cookieSession({ keys: [secret, older] })),
  'cookie-session, a name': await throughExpress(cookieSession({ name: 'app', keys: [older] })),
}
process.stdout.write(JSON.stringify({ ...samples, records: { ...records(), ...fastifyRecords } }, undefined, 2))
process.stdout.write('\n')
