import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { H3, type H3Event, toNodeHandler } from 'h3-v2'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type CookieOptions, defineSession } from 'zession'
import { installSessions, useSession } from 'zession/h3'
import { cookieStore } from 'zession/stores/cookie'
import { z } from 'zod'
import { launchChromium, runsInChromium } from '../support/chromium.js'

const secrets = 'q8Zr1vXw5sYt9uBn3mKe7jHg2fDa6cLp4oIi0UyTtRr'

/** What browsers do with the cookies of sealed sessions, in production. To them each *.localhost is a site of its own. */
describe.skipIf(!runsInChromium('cookie rules in Chromium'))('in Chromium', () => {
  const endings: (() => unknown)[] = []
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser?.close())
  beforeEach(() => void vi.stubEnv('NODE_ENV', undefined))
  afterEach(async () => {
    for (const end of endings.splice(0).toReversed()) await end()
    vi.unstubAllEnvs()
  })

  async function serve(cookie: CookieOptions, options: { clearSiteData?: boolean } = {}): Promise<number> {
    const definition = defineSession(z.object({ user: z.string().optional(), n: z.number().default(0) }), {
      store: cookieStore({ secrets }),
      cookie,
      ...options,
    })
    const app = new H3()
    installSessions(app)
    const open = (event: H3Event) => useSession(event, definition)
    app.get('/count', async (event) => {
      const session = await open(event)
      session.update('n', (n) => n + 1)
      return `n=${session.get('n')}`
    })
    app.get('/login', async (event) => {
      const session = await open(event)
      await session.regenerate()
      session.set('user', 'ada')
      return 'in'
    })
    app.get('/account', async (event) => {
      event.res.headers.set('cache-control', 'private, max-age=600')
      return (await open(event)).get('user') ?? 'nobody'
    })
    app.get('/logout', async (event) => {
      await (await open(event)).destroy()
      return 'out'
    })
    app.get('/toss', (event) => {
      for (const line of String(event.url.searchParams.get('lines')).split('|'))
        event.res.headers.append('set-cookie', line)
      return 'tossed'
    })
    app.get('/frame', (event) => {
      event.res.headers.set('content-type', 'text/html')
      return `<iframe src="${event.url.searchParams.get('src')}"></iframe>`
    })
    app.get('/favicon.ico', () => '')
    const server = createServer(toNodeHandler(app) as RequestListener).listen(0, '127.0.0.1')
    await once(server, 'listening')
    endings.push(() => {
      server.close()
      server.closeAllConnections()
    })
    return (server.address() as AddressInfo).port
  }

  async function newPage(): Promise<Page> {
    const context = await browser.newContext()
    endings.push(() => context.close())
    return context.newPage()
  }

  const read = async (page: Page, url: string) => {
    await page.goto(url)
    return page.locator('body').innerText()
  }

  it.each([
    { cookie: { embed: true }, frames: ['n=1', 'n=2', 'n=1', 'n=3'], top: ['n=1', 'n=2'] },
    { cookie: {}, frames: ['n=1', 'n=1', 'n=1', 'n=1'], top: ['n=1', 'n=2'] },
  ])(
    'in a frame of another site $cookie has a session for each of these sites, or none',
    async ({ cookie, frames, top }) => {
      const port = await serve(cookie)
      const page = await newPage()
      const app = `http://127.0.0.1:${port}/count`
      const seen: string[] = []
      for (const site of ['one', 'one', 'two', 'one']) {
        await page.goto(`http://${site}.localhost:${port}/frame?src=${encodeURIComponent(app)}`)
        seen.push(await page.frameLocator('iframe').locator('body').innerText())
      }
      expect(seen).toEqual(frames)
      expect([await read(page, app), await read(page, app)]).toEqual(top)
    },
  )

  it('a neighbouring host cannot plant a cookie of the session, in whatever case it writes the prefix', async () => {
    const port = await serve({})
    const page = await newPage()
    const [host, neighbour] = [`http://app.site.localhost:${port}`, `http://evil.site.localhost:${port}`]
    await page.goto(`${host}/count`)
    const own = (await page.context().cookies(host))[0]
    expect(own).toMatchObject({ name: '__Host-session', secure: true, httpOnly: true, path: '/' })
    const value = 'A'.repeat(80)
    const attributes = ['Domain=site.localhost; Path=/count; Secure', 'Domain=site.localhost; Path=/; Secure']
    const names = ['__Host-session', '__host-session', '__HOST-session', '__Host-session.1']
    const lines = names.flatMap((name) => attributes.map((rest) => `${name}=${value}; ${rest}`))
    await page.goto(`${neighbour}/toss?lines=${encodeURIComponent(lines.join('|'))}`)
    expect((await page.context().cookies(`${host}/count`)).map(({ name }) => name)).toEqual(['__Host-session'])
    expect(await read(page, `${host}/count`)).toBe('n=2')
  })

  it('cookies that a neighbour may toss in, without the prefix, do not stand before the one that opens', async () => {
    const port = await serve({ prefix: 'secure' })
    const page = await newPage()
    const [host, neighbour] = [`http://app.site.localhost:${port}`, `http://evil.site.localhost:${port}`]
    await page.goto(`${host}/count`)
    const lines = ['/count', '/'].map((path) => `__Secure-session=AAAA; Domain=site.localhost; Path=${path}; Secure`)
    await page.goto(`${neighbour}/toss?lines=${encodeURIComponent(lines.join('|'))}`)
    expect(await page.context().cookies(`${host}/count`)).toHaveLength(3)
    expect(await read(page, `${host}/count`)).toBe('n=2')
    expect(await read(page, `${host}/count`)).toBe('n=3')
  })

  it('after a logout with clearSiteData neither cookie, storage nor cache has anything, and back shows nobody', async () => {
    const port = await serve({}, { clearSiteData: true })
    const page = await newPage()
    const site = `http://localhost:${port}`
    await page.goto(`${site}/login`)
    expect(await read(page, `${site}/account`)).toBe('ada')
    await page.evaluate("localStorage.setItem('draft', 'mine')")
    expect(await read(page, `${site}/logout`)).toBe('out')
    expect(await page.context().cookies(site)).toEqual([])
    expect(await page.evaluate("localStorage.getItem('draft')")).toBeNull()
    await page.goBack()
    expect(await page.locator('body').innerText()).toBe('nobody')
  })
})
