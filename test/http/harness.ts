import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as h3v1 from 'h3'
import * as h3v2 from 'h3-v2'
import { z } from 'zod'
import { defineSession } from '../../src/define.js'
import type { H3EventLike } from '../../src/h3/index.js'
import * as byH3 from '../../src/h3/index.js'
import * as byNode from '../../src/node/index.js'
import type { SessionOptions } from '../../src/session/definition/options.js'
import { memoryStore } from '../../src/stores/memory.js'
import type { Movable, SessionStore, StoreKey } from '../../src/stores/port.js'
import * as byWeb from '../../src/web/index.js'

export type Handler = (event: H3EventLike) => unknown
export type Routes = Readonly<Record<string, Handler>>

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly cookies: readonly string[]
  readonly text: string
}

export interface Site {
  /** As it comes, body not read yet. */
  open(path: string, init?: RequestInit): Promise<Response>
  get(path: string, cookie?: string, init?: RequestInit): Promise<Reply>
  close(): Promise<void>
}

export interface Edge {
  readonly name: string
  /** Of the h3 that the handlers are written for: by itself, or as an app inside another edge that knows nothing of it. */
  readonly major: 1 | 2
  /** What holds the sessions. */
  readonly by: 'h3' | 'web' | 'node'
  serve(
    routes: Routes,
    options?: { readonly onError?: (error: Error, event: H3EventLike) => unknown; readonly first?: Handler },
  ): Promise<Site>
}

export const asV1 = (event: H3EventLike) => event as unknown as h3v1.H3Event
export const asV2 = (event: H3EventLike) => event as unknown as h3v2.H3Event

type ServeOptions = Parameters<Edge['serve']>[1]

type Install = (app: h3v1.App | h3v2.H3) => void

function v1App(
  routes: Routes,
  { onError, first }: NonNullable<ServeOptions> = {},
  install: Install = byH3.installSessions,
) {
  const app = h3v1.createApp(onError ? { onError: (error, event) => onError(error, event) } : {})
  install(app)
  if (first) app.use(h3v1.eventHandler((event) => first(event) as never))
  for (const [path, handler] of Object.entries(routes)) {
    // h3 v1 matches by prefix alone.
    app.use(
      path,
      h3v1.eventHandler((event) => handler(event) as never),
      { match: (rest) => /^[/?]/.test(rest) },
    )
  }
  return app
}

function v2App(
  routes: Routes,
  { onError, first }: NonNullable<ServeOptions> = {},
  install: Install = byH3.installSessions,
) {
  const app = new h3v2.H3({
    silent: true,
    ...(onError ? { onError: (error: Error, event: h3v2.H3Event) => onError(error, event) } : {}),
  })
  install(app)
  if (first) app.use((event) => first(event))
  for (const [path, handler] of Object.entries(routes)) app.all(`${path}/**`, (event) => handler(event))
  return app
}

const nothing = () => {}

/** An app of h3 v2 as any handler of web requests: its sessions are those of `zession/web`. */
function webHandler(routes: Routes, options: ServeOptions) {
  const app = v2App(routes, options, nothing)
  const onError = options?.onError
  return byWeb.withSessions(
    (request: Request) => {
      webRequests.add(request)
      return app.fetch(request)
    },
    onError
      ? { onError: (error, request) => onError(error as Error, new h3v2.H3Event(request as Request)) as Response }
      : {},
  )
}

/** An app of h3 v1 as any handler of node: its sessions are those of `zession/node`. */
function nodeHandler(routes: Routes, options: ServeOptions): RequestListener {
  const install = byNode.sessions()
  const listener = h3v1.toNodeListener(v1App(routes, options, nothing))
  return (req, res) => {
    nodeRequests.add(req)
    install(req, res, (error) => {
      void (error === undefined ? listener(req, res) : errorPage(error as Error, req, res, options?.onError))
    })
  }
}

/** As the error middleware of an app. */
async function errorPage(
  error: Error,
  req: IncomingMessage,
  res: ServerResponse,
  onError: NonNullable<ServeOptions>['onError'],
): Promise<void> {
  const event = h3v1.createEvent(req, res)
  await onError?.(error, event)
  if (!res.writableEnded) h3v1.sendError(event, h3v1.createError(error))
}

export const edges: readonly Edge[] = [
  {
    name: 'h3 v1 over node',
    major: 1,
    by: 'h3',
    serve: (routes, options) => overNode(h3v1.toNodeListener(v1App(routes, options))),
  },
  {
    name: 'h3 v1 as a web handler',
    major: 1,
    by: 'h3',
    serve: async (routes, options) => direct(h3v1.toWebHandler(v1App(routes, options))),
  },
  {
    name: 'h3 v2 over node',
    major: 2,
    by: 'h3',
    serve: (routes, options) => overNode(h3v2.toNodeHandler(v2App(routes, options)) as RequestListener),
  },
  {
    name: 'h3 v2 as a web handler',
    major: 2,
    by: 'h3',
    serve: async (routes, options) => direct(h3v2.toWebHandler(v2App(routes, options))),
  },
  {
    name: 'a web handler',
    major: 2,
    by: 'web',
    serve: async (routes, options) => direct(webHandler(routes, options)),
  },
  {
    name: 'a web handler over node',
    major: 2,
    by: 'web',
    serve: (routes, options) =>
      overNode(h3v2.toNodeHandler({ fetch: webHandler(routes, options) } as never) as RequestListener),
  },
  {
    name: 'a handler of node',
    major: 1,
    by: 'node',
    serve: (routes, options) => overNode(nodeHandler(routes, options)),
  },
]

const webRequests = new WeakSet<object>()
const nodeRequests = new WeakSet<object>()

/** `useSession` of the edge that serves the event. */
export const useSession: typeof byH3.useSession = (event, ...rest) => {
  const request = requestIn(event)
  if (webRequests.has(request)) return byWeb.useSession(request as Request, ...rest)
  if (nodeRequests.has(request)) return byNode.useSession(request as IncomingMessage, ...rest)
  return byH3.useSession(event, ...rest)
}

/** `useReadonlySession` of the edge that serves the event. */
export const useReadonlySession: typeof byH3.useReadonlySession = (event, definition) => {
  const request = requestIn(event)
  if (webRequests.has(request)) return byWeb.useReadonlySession(request as Request, definition)
  if (nodeRequests.has(request)) return byNode.useReadonlySession(request as IncomingMessage, definition)
  return byH3.useReadonlySession(event, definition)
}

function requestIn(event: object): object {
  const { req, node } = event as { readonly req?: object; readonly node?: { readonly req: object } }
  // An event of h3 v2 over node has both, and one of v1 the second alone.
  return req ?? node?.req ?? event
}

export async function overNode(listener: RequestListener): Promise<Site> {
  const server: Server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return siteOf(
    (path, init) => fetch(`http://127.0.0.1:${port}${path}`, { redirect: 'manual', ...init }),
    () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  )
}

export function direct(answer: (request: Request) => Promise<Response>): Site {
  return siteOf(
    (path, init) => answer(new Request(`http://localhost${path}`, { redirect: 'manual', ...init })),
    async () => {},
  )
}

function siteOf(open: Site['open'], close: Site['close']): Site {
  return {
    open,
    close,
    async get(path, cookie, init = {}) {
      const headers = new Headers(init.headers)
      if (cookie !== undefined) headers.set('cookie', cookie)
      const response = await open(path, { ...init, headers })
      return {
        status: response.status,
        headers: response.headers,
        cookies: response.headers.getSetCookie(),
        text: await response.text(),
      }
    },
  }
}

export const schema = z.object({
  user: z.string().optional(),
  theme: z.enum(['light', 'dark']).default('light'),
  count: z.number().default(0),
  a: z.number().optional(),
  b: z.number().optional(),
})
export const flash = z.object({ notice: z.string(), errors: z.array(z.string()) })

export type Options = Omit<SessionOptions<typeof flash, typeof schema>, 'flash' | 'store'>

export function define(store: SessionStore, options: Options = {}) {
  return defineSession(schema, { flash, cookie: { secure: false }, ...options, store })
}

/** The name=value pair of the only session cookie of a reply. */
export function cookieOf(reply: Reply, name = 'session'): string {
  const lines = reply.cookies.filter((line) => line.startsWith(`${name}=`))
  if (lines.length !== 1) throw new Error(`expected one ${name} cookie, got ${JSON.stringify(reply.cookies)}`)
  return lines[0]?.split(';')[0] ?? ''
}

type StoreCall = 'read' | 'create' | 'update' | 'touch' | 'destroy' | 'move'

export interface Watched {
  readonly store: SessionStore & Movable
  readonly calls: StoreCall[]
  /** Runs before a call reaches the store; may delay or fail it. */
  before: (call: StoreCall, key: StoreKey) => void | Promise<void>
}

/** A store that can be watched, delayed and broken. */
export function watch(inner: SessionStore & Movable = memoryStore()): Watched {
  const watched: Watched = { calls: [], before: () => {}, store: undefined as never }
  const through = async <T>(call: StoreCall, key: StoreKey, run: () => Promise<T>): Promise<T> => {
    watched.calls.push(call)
    await watched.before(call, key)
    return run()
  }
  const store: SessionStore & Movable = {
    guarantees: inner.guarantees,
    read: (key) => through('read', key, () => inner.read(key)),
    create: (key, record) => through('create', key, () => inner.create(key, record)),
    update: (key, change, expected) => through('update', key, () => inner.update(key, change, expected)),
    touch: (key, expiresAt, seen) => through('touch', key, () => inner.touch(key, expiresAt, seen)),
    destroy: (key, expected) => through('destroy', key, () => inner.destroy(key, expected)),
    move: (from, to, record, expected) => through('move', from, () => inner.move(from, to, record, expected)),
    close: async () => inner.close?.(),
  }
  return Object.assign(watched, { store })
}

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** A promise and the way to end it. */
export function signal() {
  let done = () => {}
  const promise = new Promise<void>((resolve) => {
    done = resolve
  })
  return { promise, done }
}
