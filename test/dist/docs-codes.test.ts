import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** What a reader has: the pages, the examples, the demo, and the sources, whose comments editors show. */
const files = ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', ...['docs', 'examples', 'demo', 'src'].flatMap(filesIn)]

function filesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(md|ts|mjs)$/.test(path))
    .map((path) => join(folder, path))
}

/** Rows of lists that only those who wrote the library have: `(J6)`, `CS-18`, `M027`. Not a value in quotes: `'A-1'`. */
const CODE =
  /(?<!['"`\w-]|Cloudflare )(?:J\d{1,2}|M\d{3}|CS-\d{1,2}|C-\d{1,2}|[DGK]\d{1,2}|(?<=\()[A-G]\d{1,2}(?=[,)]))(?![\w'"`-])/g

function codesIn(text: string): string[] {
  return text.split('\n').flatMap((line, index) => (line.match(CODE) ?? []).map((code) => `${index + 1}: ${code}`))
}

describe('codes of lists that no reader has', () => {
  it.each([
    ['a redirect (J6), and (CS-20, C-14).', ['J6', 'CS-20', 'C-14']],
    ['by its raw id (M027). D1: the old id', ['M027', 'D1']],
    ['| random ids (D7, K6) | G2 |', ['D7', 'K6', 'G2']],
    ['mended with B5 (B6)', ['B6']],
    ["{ sku: 'A-1' } RFC 9111, ISO-8601, UTF-8, H3, AES-256-GCM, E000, ASVS 7.2.4, SHA-256, M1, Cloudflare D1", []],
  ])('are known in %j', (text, codes) => {
    expect(codesIn(text)).toEqual(codes.map((code) => `1: ${code}`))
  })

  it('are in no page, example or source: a link to what they mean is there, or nothing', () => {
    expect(files.length).toBeGreaterThan(200)
    const found = files.flatMap((file) => codesIn(readFileSync(join(root, file), 'utf8')).map((at) => `${file}:${at}`))
    expect(found).toEqual([])
  })
})
