import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const read = (path: string) => readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8')
const page = read('docs/options.md')

/** First cells of all table rows: `| \`name\` |`, several in one cell too. */
const rows = new Set(
  [...page.matchAll(/^\| (`[^|]*`) \|/gm)].flatMap(([, cell]) =>
    [...(cell ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name),
  ),
)

const namesIn = (path: string, pattern: RegExp) => [...read(path).matchAll(pattern)].map(([, name]) => name as string)

describe('docs/options.md', () => {
  it.each([
    [
      'option',
      namesIn('src/session/definition/options.ts', /^ {2}readonly (\w+)\??:/gm).filter(
        (name) => name !== 'acceptPlain' && name !== 'holder' && name !== 'above',
      ),
      30,
    ],
    ['hook', namesIn('src/session/record/hooks.ts', /^ {2}(\w+)\?\(\s*event/gm), 10],
    ['error code', namesIn('src/core/errors.ts', /^ {2}\| '(ERR_\w+)'/gm), 15],
  ])('has a row for every %s', (_, names, atLeast) => {
    expect(names.length).toBeGreaterThan(atLeast)
    expect(names.filter((name) => !rows.has(name))).toEqual([])
  })

  it('has the status of every error code', () => {
    const statuses = new Map(
      [...page.matchAll(/^\| (`ERR_[^|]*) \| (\d{3}) \|/gm)].flatMap(([, cell, status]) =>
        [...(cell ?? '').matchAll(/`(ERR_\w+)`/g)].map(([, code]) => [code, status] as const),
      ),
    )
    const unavailable = [...statuses].filter(([, status]) => status === '503').map(([code]) => code)
    expect(unavailable.toSorted()).toEqual(['ERR_SESSION_MISDEPLOY', 'ERR_SESSION_STORE', 'ERR_SESSION_STORE_TIMEOUT'])
  })
})
