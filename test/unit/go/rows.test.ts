import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { features } from './features.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const page = readFileSync(`${root}/docs/coming-from-go.md`, 'utf8')

/** Everything that flamego/session, go-sessions and gorilla/sessions can do, and what each of them does wrong. */
const numbers = range('M', 119, 3)
const traps = [...range('D', 12), ...range('K', 7), ...range('G', 5)]

/** Rows that a whole test file is about. */
const elsewhere: Readonly<Record<string, string>> = {
  M090: 'test/servers/postgres/postgres.test.ts',
  M091: 'test/servers/mysql/mysql.test.ts',
  M093: 'test/servers/redis/redis.test.ts',
  M094: 'test/servers/redis/calls.test.ts',
}

function range(letter: string, last: number, digits = 1): string[] {
  return Array.from({ length: last }, (_, i) => letter + String(i + 1).padStart(digits, '0'))
}

/** All ids in a text; `M044-M053` stands for each of them. */
function idsIn(text: string): Set<string> {
  const ids = new Set(text.match(/\b(?:M\d{3}|[DKG]\d{1,2})\b/g) ?? [])
  for (const [, from, to] of text.matchAll(/\bM(\d{3})-M(\d{3})\b/g)) {
    for (let i = Number(from); i <= Number(to); i++) ids.add(`M${String(i).padStart(3, '0')}`)
  }
  return ids
}

const testFiles = readdirSync(`${root}/test`, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.test.ts') && !path.endsWith('go/rows.test.ts'))
  .map((path) => readFileSync(`${root}/test/${path}`, 'utf8'))

describe('nothing that the Go libraries can do is forgotten', () => {
  it('docs/coming-from-go.md has every row', () => {
    const said = features.filter(([text]) => page.includes(text)).flatMap(([, ids]) => ids.split(' '))
    expect([...numbers, ...traps].filter((id) => !said.includes(id))).toEqual([])
  })

  it('a test has every row, or there is a file that is all about it', () => {
    const tested = idsIn(testFiles.join('\n'))
    expect([...numbers, ...traps].filter((id) => !tested.has(id) && !(id in elsewhere))).toEqual([])
    for (const path of Object.values(elsewhere)) expect(existsSync(`${root}/${path}`), path).toBe(true)
  })

  it('and every relative link of the page leads somewhere', () => {
    const links = [...page.matchAll(/\]\((?!https:)([^)#]+)/g)].map(([, link]) => link as string)
    expect(links.length).toBeGreaterThan(15)
    expect(links.filter((link) => !existsSync(`${root}/docs/${link}`))).toEqual([])
  })
})
