import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { freePort } from '../support/built-server.js'
import { plainEnv } from '../support/packed-library.js'

const playground = fileURLToPath(new URL('../../playground', import.meta.url))
/** A copy, because these tests write into it. Inside the playground, so that it finds what that has installed. */
const app = join(playground, '.tmp/development')
const patience = { timeout: 200_000, interval: 200 }

describe('nuxt dev', { timeout: 600_000 }, () => {
  let url = ''
  let printed = ''
  let stop = async () => {}
  beforeAll(async () => {
    rmSync(app, { recursive: true, force: true })
    mkdirSync(app, { recursive: true })
    for (const part of ['app', 'server', 'shared', 'public', 'nuxt.config.ts', 'tsconfig.json', 'package.json'])
      cpSync(join(playground, part), join(app, part), { recursive: true })
    // Without a store of its own, as an app begins.
    edit('server/session.ts', (text) => text.replace(/ *store: .*\n/, ''))
    const port = await freePort()
    url = `http://localhost:${port}`
    const child = spawn(join(playground, 'node_modules/.bin/nuxt'), ['dev', '--no-fork', '--port', String(port)], {
      cwd: app,
      detached: true,
      env: plainEnv({ NODE_ENV: 'development' }),
    })
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => void (printed += String(chunk)))
    const gone = new Promise((resolve) => child.once('exit', resolve))
    stop = async () => {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL')
      await gone
    }
    await vi.waitFor(async () => expect((await fetch(`${url}/api/me`)).status, printed).toBe(200), patience)
  }, 300_000)
  afterAll(async () => {
    await stop()
    rmSync(app, { recursive: true, force: true })
  })

  function edit(file: string, change: (text: string) => string): void {
    const path = join(app, file)
    writeFileSync(path, change(readFileSync(path, 'utf8')))
  }

  /** Saves a change until the server shows it: what is saved before the server watches the folder is seen by nobody. */
  async function save(file: string, change: (text: string) => string, seen: () => Promise<void>): Promise<void> {
    edit(file, change)
    let savedAt = Date.now()
    await vi.waitFor(async () => {
      if (Date.now() - savedAt > 15_000) {
        edit(file, (text) => text)
        savedAt = Date.now()
      }
      await seen()
    }, patience)
  }

  async function logIn(): Promise<string> {
    const reply = await fetch(`${url}/api/login`, { method: 'POST' })
    const [line = ''] = reply.headers.getSetCookie()
    // Over plain http, so that every browser keeps it.
    expect(line).toMatch(/^session=/)
    expect(line).not.toMatch(/Secure/)
    return line.split(';')[0] ?? ''
  }

  const me = async (cookie: string) => {
    const reply = await fetch(`${url}/api/me`, { headers: { cookie } })
    return (await reply.json()) as { userId: string | null; version?: number }
  }

  it('saving a file under server/ logs nobody out', async () => {
    const cookie = await logIn()
    for (const version of [1, 2]) {
      await save(
        'server/api/me.get.ts',
        (text) => text.replace(/return \{(version: \d,)?/, `return {version: ${version},`),
        async () => expect(await me(cookie)).toMatchObject({ version }),
      )
      expect(await me(cookie)).toMatchObject({ userId: 'Ada' })
    }
  })

  it('saving the definition itself logs nobody out either', async () => {
    const cookie = await logIn()
    await save(
      'server/session.ts',
      (text) => text.replace("'note', 'visits'", "'visits'"),
      async () => expect(await view(cookie)).not.toContain('"note"'),
    )
    expect(await me(cookie)).toMatchObject({ userId: 'Ada' })
  })

  it('a definition file that appears is in the types and in handlers, one that goes is in neither', async () => {
    const types = () => readFileSync(join(app, '.nuxt/types/zession.d.ts'), 'utf8')
    const asked = async () => (await fetch(`${url}/api/_session?name=late`)).status
    const late = join(app, 'server/sessions/late.ts')
    writeFileSync(late, readFileSync(join(app, 'server/sessions/basket.ts'), 'utf8').replace("'basket'", "'late'"))
    await vi.waitFor(async () => expect([await asked(), types().includes('"late"')]).toEqual([200, true]), patience)
    rmSync(late)
    await vi.waitFor(async () => expect([await asked(), types().includes('"late"')]).toEqual([404, false]), patience)
  })

  const view = async (cookie: string) => (await fetch(`${url}/api/_session`, { headers: { cookie } })).text()
})
