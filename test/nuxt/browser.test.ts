import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { BuiltServer } from '../support/built-server.js'
import { launchChromium, runsInChromium } from '../support/chromium.js'
import { visit as hydrated } from '../support/hydrated.js'
import { start } from './app.js'

describe.skipIf(!runsInChromium('the pages of the Nuxt app'))('in Chromium', () => {
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
    visitor = await browser.newContext()
    complaints = []
    page = await open(visitor)
  })
  afterEach(async () => {
    await visitor.close()
    // Hydration mismatches, and what scripts throw.
    expect(complaints).toEqual([])
  })

  async function open(context: BrowserContext, path = '/'): Promise<Page> {
    const opened = await context.newPage()
    opened.on('pageerror', (error) => complaints.push(String(error)))
    opened.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('status of 401')) complaints.push(message.text())
    })
    await visit(opened, path)
    return opened
  }

  const visit = (on: Page, path: string) => hydrated(on, server.url + path)

  const sees = (on: Page, id: string, text: string | RegExp) =>
    on.waitForFunction(
      ([where, source, flags]) =>
        new RegExp(source ?? '', flags).test(
          (
            globalThis as unknown as { document: { querySelector(s: string): { textContent: string } | null } }
          ).document.querySelector(`#${where}`)?.textContent ?? '(nothing)',
        ),
      typeof text === 'string' ? ([id, `^${text}$`, ''] as const) : ([id, text.source, text.flags] as const),
    )

  it('a login by $fetch, with no refresh, shows what is exposed, type for type, and its flash once', async () => {
    await sees(page, 'status', 'anonymous')
    await page.click('#login')
    await sees(page, 'user', '7')
    await sees(page, 'status', 'active')
    await sees(page, 'kinds', 'true,true,true,true')
    await sees(page, 'notice', 'Welcome back')
    await page.click('#other-link')
    await page.waitForSelector('h1')
    await sees(page, 'user', '7')
    await sees(page, 'notice', 'none')
    await visit(page, '/')
    await sees(page, 'notice', 'none')
  })

  it('a form without JavaScript logs in, and its flash is on the page that it leads to', async () => {
    const plain = await browser.newContext({ javaScriptEnabled: false })
    const form = await plain.newPage()
    await form.goto(server.url.replace('127.0.0.1', 'localhost'))
    await form.click('#form-login')
    expect(await form.textContent('#user')).toBe('7')
    expect(await form.textContent('#notice')).toBe('Welcome back')
    await form.reload()
    expect(await form.textContent('#notice')).toBe('none')
    await plain.close()
  })

  it('the flash that was rendered stays through hydration, and is not taken twice', async () => {
    await page.click('#form-login')
    await sees(page, 'notice', 'Welcome back')
    await sees(page, 'kinds', 'true,true,true,true')
  })

  it('a writable key is set, and stays set', async () => {
    await page.click('#dark')
    await sees(page, 'theme', 'dark')
    await visit(page, '/')
    await sees(page, 'theme', 'dark')
  })

  it('a double click on a button that writes ends in one session', async () => {
    await page.dblclick('#dark')
    await sees(page, 'theme', 'dark')
    expect((await visitor.cookies()).filter(({ name }) => name === '__Host-session')).toHaveLength(1)
  })

  it('a logout in one tab ends the session in the other, and on the server', async () => {
    await page.click('#login')
    await sees(page, 'user', '7')
    const other = await open(visitor, '/other')
    await sees(other, 'user', '7')
    await page.click('#logout')
    await sees(page, 'status', 'ended')
    await sees(other, 'user', 'nobody')
    expect(await visitor.cookies()).toEqual([])
  })

  it('a login and a logout by a form in one tab are seen in the other, that of the logout ends it', async () => {
    const other = await open(visitor, '/other')
    await sees(other, 'user', 'nobody')
    await page.click('#form-login')
    await sees(other, 'user', '7')
    await page.click('#form-logout')
    await sees(other, 'user', 'nobody')
  })

  it('changes of one moment, by $fetch and by fetch, are asked for once', async () => {
    await page.click('#login')
    await sees(page, 'user', '7')
    await page.waitForTimeout(300)
    let asked = 0
    page.on('request', (request) => {
      if (request.url().includes('/api/_session')) asked++
    })
    await page.click('#visit')
    await sees(page, 'visits', '2')
    await page.waitForTimeout(300)
    expect(asked).toBeLessThanOrEqual(2)
    expect(asked).toBeGreaterThan(0)
  })

  it.each(['/account', '/members'])(
    'a logout elsewhere leaves no guarded page (%s) open in another tab',
    async (path) => {
      await page.click('#login')
      await sees(page, 'user', '7')
      const other = await open(visitor, path)
      await other.waitForSelector('h1:has-text("7")')
      await page.click('#logout')
      await other.waitForSelector('#next')
      expect(new URL(other.url()).searchParams.get('next')).toBe(path)
    },
  )

  it('what another tab has set is shown here', async () => {
    await page.click('#login')
    await sees(page, 'user', '7')
    const other = await open(visitor)
    await other.click('#dark')
    await sees(page, 'theme', 'dark')
  })

  it.each(['/swr', '/prerendered'])('a page that was made for everybody (%s) asks when it is there', async (path) => {
    await page.click('#login')
    await sees(page, 'user', '7')
    const other = await open(visitor, path)
    await sees(other, 'user', '7')
    await sees(other, 'status', 'active')
  })

  it('the time that is left runs down', async () => {
    await page.click('#login')
    await sees(page, 'seconds', /^359\d$/)
  })

  it('a guarded page leads to the login and back, by links and by addresses', async () => {
    await visit(page, '/account?tab=2')
    await sees(page, 'next', '/account\\?tab=2')
    await page.click('#login')
    await page.waitForSelector('h1:has-text("Account 7")')
    await visit(page, '/')
    await page.click('#logout')
    await sees(page, 'status', 'ended')
    await page.click('#account-link')
    await sees(page, 'next', '/account')
  })

  it('the back button shows no page of a session that has ended', async () => {
    await page.click('#login')
    await sees(page, 'user', '7')
    await visit(page, '/account')
    await visit(page, '/')
    await page.click('#logout')
    await sees(page, 'status', 'ended')
    await page.goBack()
    await page.waitForSelector('#next')
  })
})
