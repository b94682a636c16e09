import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchChromium, runsInChromium } from '../support/chromium.js'
import { type Demo, startDemo } from './demo-process.js'

// The one test that may be skipped: not every machine has a browser.
describe.skipIf(!runsInChromium('the browser tests'))('the demo in Chromium without JavaScript', () => {
  let demo: Demo
  let browser: Browser
  let shots: string
  beforeAll(async () => {
    demo = await startDemo()
    shots = mkdtempSync(join(tmpdir(), 'zession-screens-'))
    console.info(`Screenshots: ${shots}`)
    // Chromium refuses its sandbox to root, which is who containers run as.
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser?.close()
    await demo?.stop()
  })

  async function open(width = 1100): Promise<Page> {
    const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width, height: 800 } })
    const page = await context.newPage()
    page.setDefaultTimeout(5000)
    await page.goto(demo.url)
    return page
  }

  const shoot = (page: Page, name: string) => page.screenshot({ path: join(shots, `${name}.png`), fullPage: true })
  const text = (page: Page, selector: string) => page.locator(selector).innerText()

  async function logIn(page: Page, name: string): Promise<void> {
    await page.goto(`${demo.url}/login`)
    await page.getByLabel('Name').fill(name)
    await page.getByRole('main').getByRole('button', { name: 'Log in' }).click()
  }

  it('goes from the first visit to the last log out', async () => {
    const page = await open()
    await shoot(page, 'home-visitor')
    await logIn(page, '<')
    expect(await text(page, '[role=alert]')).toContain('2 to 40 characters')
    await shoot(page, 'login-errors')
    await logIn(page, 'Ada Lovelace')
    expect(await text(page, '[role=status]')).toBe('Welcome, Ada Lovelace.')
    await shoot(page, 'home-light')
    await page.reload()
    expect(await page.locator('[role=status]').count()).toBe(0)

    await page.getByRole('link', { name: 'Shop' }).first().click()
    await page.getByRole('button', { name: 'Add Tea tin to cart' }).click()
    await page.getByRole('button', { name: 'Add Desk lamp to cart' }).click()
    await shoot(page, 'shop-light')
    await page.getByRole('button', { name: 'Dark theme' }).click()
    expect(page.url()).toBe(`${demo.url}/shop`)
    expect(await page.locator('html').getAttribute('data-theme')).toBe('dark')
    await shoot(page, 'shop-dark')

    await page.goto(`${demo.url}/cart`)
    await page.getByRole('button', { name: 'One Tea tin more' }).click()
    expect(await text(page, '.total')).toContain('€ 66.80')
    await shoot(page, 'cart-dark')
    await page.goto(`${demo.url}/session`)
    await shoot(page, 'session-dark')

    await demo.restart()
    await page.goto(demo.url)
    expect(await text(page, 'h1')).toBe('Hello, Ada Lovelace')
    await shoot(page, 'home-dark')
    await page.getByRole('main').getByRole('button', { name: 'Log out', exact: true }).click()
    expect(await text(page, '[role=status]')).toBe('Bye, see you soon.')
    expect(await text(page, 'h1')).toBe('Hello, visitor')
  })

  it('logs out a second browser', async () => {
    const [first, second] = [await open(), await open()]
    await logIn(first, 'Twice')
    await logIn(second, 'Twice')
    await first.getByRole('link', { name: 'Where you are logged in' }).click()
    await shoot(first, 'logins-light')
    expect(await first.getByRole('listitem').count()).toBe(2)
    await first.getByRole('button', { name: 'End Chrome on Linux' }).click()
    expect(await text(first, '[role=status]')).toBe('That login was ended.')
    await second.reload()
    expect(await text(second, 'h1')).toBe('Hello, visitor')
    await logIn(second, 'Twice')
    await first.getByRole('button', { name: 'Log out everywhere' }).click()
    await second.reload()
    expect(await text(second, 'h1')).toBe('Hello, visitor')
  })

  it('fits a screen of 360 pixels in both themes', async () => {
    const page = await open(360)
    await logIn(page, 'Wolfeschlegelsteinhausenbergerdorff')
    for (const product of ['Tea tin', 'Wool socks']) {
      await page.goto(`${demo.url}/shop`)
      await page.getByRole('button', { name: `Add ${product} to cart` }).click()
    }
    for (const theme of ['light', 'dark']) {
      for (const path of ['', 'logins', 'shop', 'cart', 'session', 'nowhere', 'boom']) {
        await page.goto(`${demo.url}/${path}`)
        // JavaScript of the page is off; this is the browser's own measure of the widest thing on it.
        const { width } = await page.locator('body').evaluate((body) => ({ width: body.scrollWidth }))
        expect([path, width]).toEqual([path, 360])
        await shoot(page, `narrow-${theme}-${path || 'home'}`)
      }
      await page.goto(demo.url)
      if (theme === 'light') await page.getByRole('button', { name: 'Dark theme' }).click()
    }
  })
})
