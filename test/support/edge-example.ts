import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { endAll, guarded } from '../services/process.mjs'
import { plainEnv } from './packed-library.js'

const examples = fileURLToPath(new URL('../../examples/frameworks', import.meta.url))

/** Puts the examples where the ring's libraries are found. @returns their folder */
export function copyExamples(ring: string): string {
  const folder = join(ring, '.tmp/examples')
  rmSync(folder, { recursive: true, force: true })
  cpSync(examples, folder, { recursive: true })
  return folder
}

/** Starts an example as a reader would, and visits it: two visits, a login with a new id, a logout. */
export async function visitExample(
  command: string,
  args: readonly string[],
  folder: string,
  form?: Readonly<Record<string, string>>,
): Promise<void> {
  const port = await freePort()
  const env = plainEnv({ PORT: String(port) })
  const child = guarded(command, args, { cwd: folder, env })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => void (printed += String(chunk)))
  const base = `http://localhost:${port}`
  let cookie = ''
  const ask = async (path: string, init: RequestInit = {}) => {
    const headers = { connection: 'close', ...(cookie && { cookie }) }
    const reply = await fetch(base + path, { redirect: 'manual', ...init, headers })
    const [line] = reply.headers.getSetCookie()
    if (line) cookie = /Max-Age=0/.test(line) ? '' : (line.split(';')[0] ?? '')
    return reply
  }
  const see = async () => (await (await ask('/')).json()) as unknown
  try {
    await listening(child, base, () => printed)
    expect([await see(), await see()]).toEqual([{ visits: 1 }, { visits: 2 }])
    const before = cookie
    expect(
      (await ask('/login', { method: 'POST', ...(form && { body: new URLSearchParams(form) }) })).status,
    ).toBeLessThan(400)
    expect(cookie).not.toBe(before)
    expect(await see()).toMatchObject({ user: 'ann' })
    expect((await ask('/logout', { method: 'POST' })).status).toBeLessThan(400)
    expect(await see()).toEqual({ visits: 1 })
  } finally {
    await endAll(child)
  }
}

/** By a request without a cookie, which is somebody else's visit. */
async function listening(child: ChildProcess, base: string, printed: () => string): Promise<void> {
  for (let tries = 0; ; tries++) {
    if (child.exitCode !== null || tries > 200) throw new Error(`The example did not start:\n${printed()}`)
    const up = await fetch(`${base}/favicon.ico`, { method: 'OPTIONS' }).then(
      () => true,
      () => false,
    )
    if (up) return
    await sleep(50)
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
