import diagnosticsChannel from 'node:diagnostics_channel'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  allCodes,
  codes,
  heard,
  hookNames,
  ids,
  keys,
  OTHER_SECRET,
  SECRET,
  said,
  USER,
  VALUE,
  WEAK_SECRET,
} from './kit.js'
import { takeTour } from './tour.js'

/** How a text may look in a dump: as it is, in hex, and in base64 wherever it starts. */
function formsOf(text: string): string[] {
  const shifted = [0, 1, 2].flatMap((shift) =>
    (['base64', 'base64url'] as const).map((encoding) =>
      Buffer.from('\0'.repeat(shift) + text)
        .toString(encoding)
        .replace(/=+$/, '')
        .slice(shift === 0 ? 0 : 4, -2),
    ),
  )
  const hex = Buffer.from(text).toString('hex')
  return [text, hex, hex.replace(/..(?!$)/g, '$& '), ...shifted].filter((form) => form.length >= 4)
}

function textOf(what: unknown): string {
  const shown = inspect(what, { depth: 8, showHidden: true, maxStringLength: null, maxArrayLength: null })
  return what instanceof Error ? `${what.message}\n${what.stack ?? ''}\n${String(what)}\n${shown}` : shown
}

describe('nothing leaks an id, a key, a secret or a value (ASVS 16.2.5)', () => {
  const listener = (message: unknown) => void said.push({ where: 'the channel', what: message })

  beforeAll(async () => {
    diagnosticsChannel.subscribe('zession', listener)
    for (const method of ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const)
      vi.spyOn(console, method).mockImplementation(
        (...args) => void said.push({ where: `console.${method}`, what: args }),
      )
    await takeTour()
  }, 300_000)

  afterAll(() => {
    diagnosticsChannel.unsubscribe('zession', listener)
    vi.restoreAllMocks()
  })

  it('the tour has met every error, every hook, the console and the channel', () => {
    expect(allCodes.length).toBeGreaterThan(15)
    expect([...codes].toSorted()).toEqual(allCodes.toSorted())
    expect([...heard].toSorted()).toEqual(hookNames.toSorted())
    const places = new Set(said.map(({ where }) => where))
    for (const place of ['the channel', 'console.error', 'an error page']) expect(places, place).toContain(place)
    expect(ids.size).toBeGreaterThan(10)
    expect(keys.size).toBeGreaterThan(5)
  })

  it('and what it was told holds none of them, in no form', () => {
    const hidden = [
      VALUE,
      USER,
      SECRET,
      OTHER_SECRET,
      WEAK_SECRET,
      ...ids,
      ...[...keys].map((key) => key.split('.').at(-1) ?? key),
    ]
    const forms = hidden.flatMap(formsOf)
    const found = new Set<string>()
    for (const { where, what } of said) {
      const shown = textOf(what)
      for (const form of forms) {
        const at = shown.indexOf(form)
        if (at >= 0) found.add(`${where}: ${shown.slice(Math.max(0, at - 60), at + form.length + 20)}`)
      }
    }
    expect([...found]).toEqual([])
  })
})
