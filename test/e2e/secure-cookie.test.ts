import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import * as h3v1 from 'h3'
import * as h3v2 from 'h3-v2'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { type CookieOptions, defineSession, memoryStore } from 'zession'
import { installSessions, useSession } from 'zession/h3'
import { z } from 'zod'
import { launchChromium, runsInChromium } from '../support/chromium.js'

const endings: (() => unknown)[] = []
afterEach(async () => {
  for (const end of endings.splice(0)) await end()
  vi.unstubAllEnvs()
})

/** A counter in a session, on http://localhost, of a process without NODE_ENV unless the edge is told otherwise. */
async function serve(major: 1 | 2, cookie: CookieOptions, development?: boolean): Promise<number> {
  vi.stubEnv('NODE_ENV', undefined)
  const definition = defineSession(z.object({ n: z.number().default(0) }), { store: memoryStore(), cookie })
  const count = async (event: Parameters<typeof useSession>[0]) => {
    const session = await useSession(event, definition)
    session.update('n', (n) => n + 1)
    return `n=${session.get('n')}`
  }
  const listener = major === 1 ? v1(count, development) : v2(count, development)
  const server = createServer((req, res) => {
    // What a browser asks for by itself is no visit.
    if (req.url === '/favicon.ico') res.writeHead(404).end()
    else listener(req, res)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  endings.push(() => {
    server.close()
    server.closeAllConnections()
  })
  return (server.address() as AddressInfo).port
}

type Count = (event: Parameters<typeof useSession>[0]) => Promise<string>

function v1(count: Count, development: boolean | undefined): RequestListener {
  const app = h3v1.createApp()
  installSessions(app, { development })
  app.use(h3v1.eventHandler(count))
  return h3v1.toNodeListener(app)
}

function v2(count: Count, development: boolean | undefined): RequestListener {
  const app = new h3v2.H3()
  installSessions(app, { development })
  app.all('/**', count)
  return h3v2.toNodeHandler(app) as RequestListener
}

/** The literal, the path that is visited, and the cookie's name in production. `tenant.localhost` is localhost to browsers. */
const literals: readonly [CookieOptions, string, string][] = [
  [{}, '/', '__Host-session'],
  [{ domain: 'tenant.localhost' }, '/', '__Secure-session'],
  [{ path: '/app' }, '/app', '__Secure-session'],
  [{ sameSite: 'none' }, '/', '__Host-session'],
  [{ sameSite: 'none', partitioned: true }, '/', '__Host-session'],
  [{ sameSite: 'strict', persistent: true }, '/', '__Host-session'],
]

describe.each([1, 2] as const)('http://localhost on h3 v%i', (major) => {
  describe.skipIf(!runsInChromium('cookies in Chromium'))('in Chromium', () => {
    let browser: Browser
    beforeAll(async () => {
      browser = await launchChromium()
    })
    afterAll(() => browser?.close())

    /** What a visitor sees, and the cookies that the browser has then. */
    async function visit(url: string) {
      const context = await browser.newContext()
      endings.push(() => context.close())
      const page = await context.newPage()
      const seen: string[] = []
      for (let i = 0; i < 3; i++) {
        await page.goto(url)
        seen.push(await page.locator('body').innerText())
      }
      return { seen, cookies: await context.cookies(url) }
    }

    it.each(literals)('production keeps %j', async (cookie, path, name) => {
      const port = await serve(major, cookie)
      for (const host of cookie.domain ? [cookie.domain] : ['localhost', '127.0.0.1', 'tenant.localhost']) {
        const { seen, cookies } = await visit(`http://${host}:${port}${path}`)
        expect([host, ...seen]).toEqual([host, 'n=1', 'n=2', 'n=3'])
        expect(cookies).toEqual([expect.objectContaining({ name, secure: true, httpOnly: true })])
      }
    })

    it.each(literals)('development keeps %j, also where the domain is another', async (cookie, path) => {
      const port = await serve(major, cookie, true)
      const { seen, cookies } = await visit(`http://localhost:${port}${path}`)
      expect(seen).toEqual(['n=1', 'n=2', 'n=3'])
      const sameSite = cookie.sameSite === 'strict' ? 'Strict' : 'Lax'
      expect(cookies).toEqual([expect.objectContaining({ name: 'session', secure: false, httpOnly: true, sameSite })])
    })
  })

  it.each(literals)('curl keeps %j', async (cookie, path, name) => {
    const folder = mkdtempSync(join(tmpdir(), 'zession-jar-'))
    endings.push(() => rmSync(folder, { recursive: true, force: true }))
    // To curl 7.88 a name under localhost is not localhost.
    for (const development of cookie.domain ? [true] : [undefined, true]) {
      const port = await serve(major, cookie, development)
      const host = cookie.domain ?? 'localhost'
      const jar = join(folder, `jar-${development}`)
      const args = [
        '-s',
        '-i',
        '-c',
        jar,
        '-b',
        jar,
        '--resolve',
        `${host}:${port}:127.0.0.1`,
        `http://${host}:${port}${path}`,
      ]
      const answers: string[] = []
      for (let i = 0; i < 2; i++) answers.push((await promisify(execFile)('curl', args)).stdout)
      expect(answers[0]).toMatch(new RegExp(`set-cookie: ${development ? 'session' : name}=`, 'i'))
      expect(answers.map((answer) => /n=\d+$/.exec(answer)?.[0])).toEqual(['n=1', 'n=2'])
    }
  })
})
