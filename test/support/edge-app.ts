import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { request } from 'node:http'
import type { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { endAll, guarded } from '../services/process.mjs'
import { plainEnv } from './packed-library.js'

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly cookies: readonly string[]
  readonly text: string
}

export interface App {
  readonly origin: string
  get(path: string, cookie?: string, init?: RequestInit): Promise<Reply>
  /** The first message of a WebSocket, a short text. */
  firstMessage(path: string, cookie: string): Promise<string>
  stop(): Promise<void>
}

/** Starts an app that prints its port. */
export async function launchApp(command: string, args: readonly string[], folder: string): Promise<App> {
  const child = guarded(command, args, { cwd: folder, env: plainEnv() })
  let printed = ''
  child.stderr.on('data', (chunk) => void (printed += String(chunk)))
  const [line] = (await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    once(child, 'exit').then(() => {
      throw new Error(`${args.join(' ')} did not start:\n${printed}`)
    }),
  ])) as [string]
  const origin = `http://127.0.0.1:${line}`
  return {
    origin,
    async get(path, cookie, init = {}) {
      const headers = new Headers(init.headers)
      if (cookie !== undefined) headers.set('cookie', cookie)
      const reply = await fetch(`${origin}${path}`, { redirect: 'manual', ...init, headers })
      return {
        status: reply.status,
        headers: reply.headers,
        cookies: reply.headers.getSetCookie(),
        text: await reply.text(),
      }
    },
    firstMessage: (path, cookie) => firstMessage(Number(line), path, cookie),
    // What Miniflare has started goes on without it.
    stop: () => endAll(child),
  }
}

/** By hand, because Node 20 has no client. The server's frames are not masked, and this one is short. */
async function firstMessage(port: number, path: string, cookie: string): Promise<string> {
  const headers = {
    cookie,
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': randomBytes(16).toString('base64'),
  }
  const asked = request({ port, host: '127.0.0.1', path, headers }).end()
  const [, socket, head] = (await once(asked, 'upgrade')) as [unknown, Socket, Buffer]
  let bytes = head
  while (bytes.length < 2 || bytes.length < 2 + (bytes[1] ?? 0)) {
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    bytes = Buffer.concat([bytes, chunk])
  }
  socket.destroy()
  return bytes.subarray(2, 2 + (bytes[1] ?? 0)).toString()
}

/** The name=value pair of the only cookie of a reply. */
export function cookieOf({ cookies }: Reply): string {
  if (cookies.length !== 1) throw new Error(`expected one cookie, got ${cookies.length}`)
  return cookies[0]?.split(';')[0] ?? ''
}
