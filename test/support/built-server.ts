import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { plainEnv } from './packed-library.js'

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly cookies: readonly string[]
  readonly text: string
  readonly json: Record<string, never>
}

/** The server of a built app. */
export interface BuiltServer {
  /** Where it listens. */
  readonly url: string
  /** The first `name=value` that a reply sets, to send back. */
  cookieOf(reply: Reply): string
  get(path: string, cookie?: string, init?: RequestInit): Promise<Reply>
  /** All that the process has printed. */
  output(): string
  stop(): Promise<void>
}

/**
 * Starts what `build` made, as its users do: by node, with no NODE_ENV.
 * @param entry of the server
 * @param ready a path that it answers
 */
export async function startBuilt(
  entry: string,
  ready: string,
  env: Readonly<Record<string, string>> = {},
): Promise<BuiltServer> {
  const port = await freePort()
  const child = spawn(process.env['RING_NODE'] ?? process.execPath, [entry], {
    env: plainEnv({ ...env, PORT: String(port), HOST: '127.0.0.1' }),
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => void (printed += String(chunk)))
  const base = `http://127.0.0.1:${port}`
  for (let tries = 0; ; tries++) {
    if (child.exitCode !== null || tries > 200) throw new Error(`${entry} did not start:\n${printed}`)
    const answered = await fetch(base + ready).then(
      (reply) => reply.text(),
      () => undefined,
    )
    if (answered !== undefined) break
    await sleep(50)
  }
  return {
    url: base,
    cookieOf(reply) {
      const line = reply.cookies[0]
      if (reply.cookies.length !== 1 || line === undefined) throw new Error(`${reply.cookies.length} cookies`)
      return line.split(';')[0] ?? ''
    },
    async get(path, cookie, init = {}) {
      const headers = new Headers(init.headers)
      if (cookie !== undefined) headers.set('cookie', cookie)
      const reply = await fetch(base + path, { ...init, redirect: 'manual', headers })
      const text = await reply.text()
      return {
        status: reply.status,
        headers: reply.headers,
        cookies: reply.headers.getSetCookie(),
        text,
        json: parsed(text),
      }
    },
    output: () => printed,
    async stop() {
      if (child.exitCode !== null) return
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    },
  }
}

function parsed(text: string): Record<string, never> {
  try {
    return JSON.parse(text) as Record<string, never>
  } catch {
    return {}
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
