import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { plainEnv } from '../support/packed-library.js'

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly cookies: readonly string[]
  readonly text: string
}

export interface App {
  get(path: string, cookie?: string, init?: RequestInit): Promise<Reply>
  stop(): Promise<void>
}

/** Starts one of the apps as its users do: by node, with no NODE_ENV. */
export async function startApp(name: string): Promise<App> {
  const folder = fileURLToPath(new URL('.', import.meta.url))
  const child = spawn(process.execPath, ['apps/serve.mjs', name], { cwd: folder, env: plainEnv() })
  let printed = ''
  child.stderr.on('data', (chunk) => void (printed += String(chunk)))
  const [line] = (await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    once(child, 'exit').then(() => {
      throw new Error(`${name} did not start:\n${printed}`)
    }),
  ])) as [string]
  return {
    async get(path, cookie, init = {}) {
      const headers = new Headers(init.headers)
      if (cookie !== undefined) headers.set('cookie', cookie)
      const reply = await fetch(`http://127.0.0.1:${line}${path}`, { redirect: 'manual', ...init, headers })
      return {
        status: reply.status,
        headers: reply.headers,
        cookies: reply.headers.getSetCookie(),
        text: await reply.text(),
      }
    },
    async stop() {
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    },
  }
}

/** The name=value pair of the only cookie of a reply. */
export function cookieOf({ cookies }: Reply): string {
  if (cookies.length !== 1) throw new Error(`expected one cookie, got ${cookies.length}`)
  return cookies[0]?.split(';')[0] ?? ''
}
