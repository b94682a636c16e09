import type { Page } from 'playwright-core'

/** Goes to a page of a Nuxt app, until Nuxt has taken it over: until then a click is a click on HTML. */
export async function visit(page: Page, url: string): Promise<void> {
  // Cookies with __Host- need localhost on plain http.
  await page.goto(url.replace('127.0.0.1', 'localhost'))
  await page.waitForFunction(
    () => (globalThis as { useNuxtApp?: () => { isHydrating: boolean } }).useNuxtApp?.()?.isHydrating === false,
  )
}
