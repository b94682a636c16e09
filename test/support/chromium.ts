import { existsSync, writeSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const places = [
  process.env['CHROMIUM_PATH'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
]
const executablePath = places.find((path) => path !== undefined && path !== '' && existsSync(path))

/** Whether tests in a browser run: without one only a run that requires it, which fails. @param what is said to be skipped */
export function runsInChromium(what: string): boolean {
  if (executablePath || process.env['REQUIRE_SERVICES'] === '1') return true
  // Not console.warn, which the runner keeps to itself unless a test fails.
  writeSync(2, `\nskipped: ${what}, no Chromium (apt-get install chromium, or set CHROMIUM_PATH)\n\n`)
  return false
}

export function launchChromium(): Promise<Browser> {
  if (!executablePath) throw new Error('No Chromium, and REQUIRE_SERVICES=1 asks for it: apt-get install chromium')
  return chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] })
}
