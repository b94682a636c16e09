import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { plainEnv } from '../support/packed-library.js'

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly cookies: readonly string[]
  readonly text: string
  readonly json: Record<string, never>
}

export interface NitroServer {
  /** The first `name=value` that a reply sets, to send back. */
  cookieOf(reply: Reply): string
  get(path: string, cookie?: string): Promise<Reply>
  /** All that the process has printed. */
  output(): string
  stop(): Promise<void>
}

/** Starts what `nitro build` made, as its users do: by node, with no NODE_ENV. */
export async function start(app: string, env: Readonly<Record<string, string>> = {}): Promise<NitroServer> {
  const entry = fileURLToPath(new URL(`./${app}/.output/server/index.mjs`, import.meta.url))
  const port = await freePort()
  const child = spawn(process.execPath, [entry], { env: plainEnv({ ...env, PORT: String(port), HOST: '127.0.0.1' }) })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => void (printed += String(chunk)))
  const base = `http://127.0.0.1:${port}`
  for (let tries = 0; ; tries++) {
    if (child.exitCode !== null || tries > 200) throw new Error(`${app} did not start:\n${printed}`)
    const answered = await fetch(`${base}/me`).then(
      (reply) => reply.text(),
      () => undefined,
    )
    if (answered !== undefined) break
    await sleep(50)
  }
  return {
    cookieOf(reply) {
      const line = reply.cookies[0]
      if (reply.cookies.length !== 1 || line === undefined) throw new Error(`${reply.cookies.length} cookies`)
      return line.split(';')[0] ?? ''
    },
    async get(path, cookie) {
      const headers: Record<string, string> = cookie === undefined ? {} : { cookie }
      const reply = await fetch(base + path, { redirect: 'manual', headers })
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

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
