import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { BuiltServer } from '../support/built-server.js'
import { launchChromium, runsInChromium } from '../support/chromium.js'
import { visit } from '../support/hydrated.js'
import { start } from './app.js'

const PAGES = [
  '/login',
  '/flash',
  '/keys',
  '/values',
  '/second',
  '/expiry',
  '/tabs',
  '/live',
  '/guards',
  '/members',
  '/account',
  '/parallel',
  '/rendered',
  '/cached',
  '/prerendered',
  '/errors',
]

describe.skipIf(!runsInChromium('the playground'))('the built playground in Chromium', () => {
  let server: BuiltServer
  let browser: Browser
  let visitor: BrowserContext
  let page: Page
  let complaints: string[]

  beforeAll(async () => {
    server = await start()
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser.close()
    await server.stop()
  })
  beforeEach(async () => {
    complaints = []
    visitor = await browser.newContext()
    page = await open('/login')
  })
  afterEach(async () => {
    await visitor.close()
    // Hydration mismatches, and what scripts throw; not the answers that a test asks for.
    expect(complaints).toEqual([])
  })

  async function open(path: string, context = visitor): Promise<Page> {
    const opened = await context.newPage()
    opened.on('pageerror', (error) => complaints.push(String(error)))
    opened.on('console', (message) => {
      const isExpected = message.text().startsWith('Failed to load resource')
      if (message.type() === 'error' && !isExpected) complaints.push(message.text())
    })
    await to(opened, path)
    return opened
  }

  const to = (on: Page, path: string) => visit(on, server.url + path)
  const click = (name: string, on = page) => on.getByRole('button', { name, exact: true }).click()
  const link = (name: string, on = page) => on.getByRole('main').getByRole('link', { name, exact: true }).click()
  /** Waits until the element says it. */
  const sees = (id: string, text: string | RegExp, on = page) =>
    on.locator(`#${id}`, { hasText: typeof text === 'string' ? new RegExp(`^\\s*${text}\\s*$`) : text }).waitFor()
  const logged = (text: string | RegExp, on = page) => on.locator('.log li', { hasText: text }).first().waitFor()
  const logIn = async (on = page) => {
    await click('Log in by a script', on)
    await sees('user', 'Ada', on)
  }
  const cookies = async () => (await visitor.cookies()).map(({ name }) => name)

  it('a login by a script shows everywhere on the page, and its message once', async () => {
    await sees('status', 'anonymous')
    await logIn()
    await sees('status', 'active')
    await page.locator('.who .name', { hasText: 'Ada' }).waitFor()
    await sees('notice', 'Welcome, Ada.')
    await to(page, '/flash')
    expect(await page.locator('#notice').count()).toBe(0)
    expect(await cookies()).toEqual(['__Host-session'])
  })

  it('without JavaScript: a form logs in, its message is on the page that it leads to, once, and links work', async () => {
    const plain = await browser.newContext({ javaScriptEnabled: false })
    const form = await plain.newPage()
    await form.goto(`${server.url.replace('127.0.0.1', 'localhost')}/login?next=/account`)
    await form.getByRole('button', { name: 'Log in by a form' }).click()
    expect(new URL(form.url()).pathname).toBe('/account')
    expect(await form.textContent('#greeting')).toBe('Hello, Ada')
    expect(await form.textContent('#notice')).toBe('Welcome, Ada.')
    await form.getByRole('navigation').getByRole('link', { name: 'Typed values' }).click()
    expect(await form.locator('#notice').count()).toBe(0)
    expect(await form.textContent('#type-counts')).toBe('Map of BigInt')
    await plain.close()
  })

  it('a flash after a redirect shows once, also when its button is clicked twice', async () => {
    for (const clicks of [1, 2]) {
      await to(page, '/flash')
      await page.getByRole('button', { name: 'Save and redirect' }).click({ clickCount: clicks, noWaitAfter: true })
      await sees('notice', 'Saved.')
      await page.waitForLoadState('networkidle')
    }
    await to(page, '/flash')
    expect(await page.locator('#notice').count()).toBe(0)
  })

  it('a double click on a login ends in one session', async () => {
    await page.getByRole('button', { name: 'Log in by a script' }).dblclick()
    await sees('user', 'Ada')
    await logged('welcome')
    expect(await cookies()).toEqual(['__Host-session'])
    await to(page, '/tabs')
    await sees('user', 'Ada')
  })

  it('50 loads at the same time show a message once, and 50 writes are all kept', async () => {
    await logIn()
    await to(page, '/parallel')
    await click('50 pages, one message')
    await logged('50 pages, 1 with the message')
    await click('50 requests at once')
    await logged('50 requests, 0 failed: 0 + 50 = 50')
    await sees('visits', '50')
  })

  it('two tabs: a visit, a theme, a login and a logout of one show in the other', async () => {
    await to(page, '/tabs')
    const other = await open('/tabs')
    await click('Count a visit')
    await sees('visits', '1', other)
    const third = await open('/keys')
    await click('dark', third)
    await sees('theme', 'dark')
    await page.locator('html[data-theme="dark"]').waitFor({ state: 'attached' })
    await to(third, '/login')
    await logIn(third)
    await sees('user', 'Ada')
    await click('Log out', other)
    for (const tab of [page, third]) await sees('user', 'nobody', tab)
    await sees('status', 'ended')
  })

  it('a session that expires while pages are open ends on them, and a guarded one leaves', async () => {
    await logIn()
    const guarded = await open('/account')
    await to(page, '/expiry')
    await page.evaluate(() =>
      (globalThis as unknown as { $fetch(url: string, options: object): Promise<void> }).$fetch('/api/shorten', {
        method: 'POST',
        body: { seconds: 3 },
      }),
    )
    await sees('seconds', /^[0-3]$/)
    await sees('ended', /has ended/)
    await sees('status', 'ended')
    await guarded.waitForURL(/\/login\?next=(%2F|\/)account/)
  })

  it('a logout everywhere else ends the session of another browser, whose guarded page is refused before it shows', async () => {
    await logIn()
    await to(page, '/guards')
    const phone = await browser.newContext()
    const other = await open('/login', phone)
    await logIn(other)
    await click('Log out everywhere else', other)
    await logged(/"ended":\d/, other)
    await link('To the account')
    await sees('next', /\/account/)
    await sees('status', 'ended')
    await sees('user', 'Ada', other)
    await phone.close()
  })

  it('guards lead to the login and back, by links, addresses, scripts and forms', async () => {
    await to(page, '/account?tab=2')
    await sees('next', /account\?tab=2/)
    await click('Log in by a form')
    await sees('greeting', 'Hello, Ada')
    expect(page.url()).toContain('/account?tab=2')
    await click('Log out')
    await page.waitForURL(/\/login/)
    await to(page, '/guards')
    await click('Ask for the secret')
    await logged('401 ERR_SESSION_REQUIRED')
    await link('A page that says so itself')
    await page.waitForURL(/\/login\?next=(%2F|\/)members/)
    await click('Log in by a script')
    await page.getByRole('heading', { name: 'Hello, Ada' }).waitFor()
    await to(page, '/guards')
    await click('Change the password')
    await logged('"changed":true')
  })

  it('the back button shows nothing of a guarded page after a logout', async () => {
    await logIn()
    await to(page, '/account')
    await to(page, '/tabs')
    await click('Log out')
    await sees('status', 'ended')
    await page.goBack()
    await page.waitForURL(/\/login\?next=(%2F|\/)account/)
    expect(await page.locator('#greeting').count()).toBe(0)
  })

  it('values arrive as what they are, in the HTML and after a login by a script', async () => {
    await page.getByRole('navigation').getByRole('link', { name: 'Typed values' }).click()
    await sees('type-seenAt', '–')
    await to(page, '/login?next=/values')
    await click('Log in by a script')
    const kinds = { seenAt: 'Date', tags: 'Set', counts: 'Map of BigInt', credit: /Money/ }
    for (const [key, kind] of Object.entries(kinds)) await sees(`type-${key}`, kind)
    await to(page, '/values')
    for (const [key, kind] of Object.entries(kinds)) await sees(`type-${key}`, kind)
    expect(await page.content()).not.toContain('KEPT-ON-THE-SERVER')
  })

  it('writable keys are kept, far above 4096 bytes; other values and keys are refused', async () => {
    await to(page, '/keys')
    await page.getByLabel('Note').fill('x'.repeat(20_000))
    await click('Keep the note')
    await logged('note is set')
    await click('Theme green')
    await logged('theme: 422')
    await click('Become Eve')
    await logged('userId: 403')
    await to(page, '/keys')
    await sees('note', /\(20000\)/)
    await sees('user', 'nobody')
    const [cookie] = await visitor.cookies()
    expect(cookie?.value.length).toBeLessThan(200)
  })

  it.each(['/cached', '/prerendered'])('a page for everybody (%s) says nobody’s name, and asks', async (path) => {
    await logIn()
    await to(page, path)
    await sees('who', 'Ada')
    const plain = await browser.newContext({ javaScriptEnabled: false, storageState: await visitor.storageState() })
    const html = await plain.newPage()
    await html.goto(server.url.replace('127.0.0.1', 'localhost') + path)
    expect([await html.textContent('#who'), await html.textContent('#status')]).toEqual(['…', 'unknown'])
    await plain.close()
  })

  it('a page that writes while it is rendered makes one session, and its browser has the cookie', async () => {
    await to(page, '/rendered')
    await sees('counted', '4')
    expect(await cookies()).toEqual(['__Host-session'])
    await to(page, '/rendered')
    await sees('counted', '8')
  })

  it('a cached handler that asks for a session is refused, and logs nobody out', async () => {
    await logIn()
    await to(page, '/errors')
    for (let time = 0; time < 2; time++) {
      await click('Ask the cached handler')
      await logged('/api/cached → 500')
    }
    await to(page, '/errors')
    await sees('user', 'Ada')
  })

  it('an outage is said, and nobody is logged out', async () => {
    await logIn()
    await to(page, '/errors')
    await click('Stop the store')
    await logged('seconds')
    await click('Count a visit')
    await logged('503 ERR_SESSION_STORE')
    await click('Ask the server')
    await page.getByRole('alert').filter({ hasText: 'cannot say now' }).waitFor()
    await sees('user', 'Ada')
    await page.waitForTimeout(5000)
    await to(page, '/errors')
    await sees('user', 'Ada')
  })

  it('a WebSocket knows the session as it is now, and closes after a logout', async () => {
    await logIn()
    await to(page, '/live')
    await click('Connect')
    await logged('the socket says: Ada')
    await click('Log out')
    await sees('user', 'nobody')
    await click('Ask who I am')
    await logged('closed 4401')
  })

  it('a second session stays when the first one ends', async () => {
    await logIn()
    await to(page, '/second')
    await click('Add an apple')
    await sees('count', '1')
    await click('Log out')
    await sees('user', 'nobody')
    await to(page, '/second')
    await sees('count', '1')
    expect(await cookies()).toEqual(['__Host-basket'])
  })

  it.each([
    ['a phone', 360],
    ['a tablet', 820],
    ['a desktop', 1440],
  ])('every page fits the width of %s, and has one heading that names it', async (_what, width) => {
    await logIn()
    await page.setViewportSize({ width, height: 800 })
    for (const path of ['/', ...PAGES]) {
      await to(page, path)
      const [over, headings] = await page.evaluate(() => {
        const { document, innerWidth } = globalThis as unknown as {
          innerWidth: number
          document: { documentElement: { scrollWidth: number }; querySelectorAll(selector: string): { length: number } }
        }
        return [document.documentElement.scrollWidth - innerWidth, document.querySelectorAll('h1').length]
      })
      expect([path, Math.max(0, over), headings]).toEqual([path, 0, 1])
      if (path !== '/') expect(await page.title()).toMatch(/ · zession playground$/)
    }
  })
})
