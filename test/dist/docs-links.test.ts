import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.md'))
  .map((path) => join('docs', path))
const pages = ['README.md', 'CHANGELOG.md', 'examples/README.md', ...docs]
/** What travels in the package: a link to anything else would lead nowhere there. */
const packed = [
  ...(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { files: string[] }).files,
  'README.md',
]

/** Without its code blocks, whose brackets are no links. */
function textOf(page: string): string {
  return readFileSync(join(root, page), 'utf8').replaceAll(/^ *(`{3,})[^]*?^ *\1$/gm, '')
}

function linksOf(
  page: string,
): { readonly link: string; readonly target: string; readonly anchor: string | undefined }[] {
  return [...textOf(page).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, link = '']) => {
    const [path = '', anchor] = link.split('#')
    return { link, target: path === '' ? page : join(dirname(page), path), anchor }
  })
}

/** As GitHub makes them. */
function anchorsOf(page: string): string[] {
  return [...textOf(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

describe('the links of README.md, CHANGELOG.md, docs/ and examples/', () => {
  it('lead to a file, and to a heading in it', () => {
    const broken: string[] = []
    let seen = 0
    for (const page of pages) {
      for (const { link, target, anchor } of linksOf(page)) {
        seen++
        if (!existsSync(join(root, target))) broken.push(`${page}: ${link}`)
        else if (!packed.includes(target.split('/')[0] ?? '')) broken.push(`${page}: ${link}, not in the package`)
        else if (anchor !== undefined && !anchorsOf(target).includes(anchor))
          broken.push(`${page}: ${link}, no such heading`)
      }
    }
    expect(seen).toBeGreaterThan(80)
    expect(broken).toEqual([])
  })

  it('docs/README.md leads to every page', () => {
    const linked = linksOf('docs/README.md').map(({ target }) => relative('.', target))
    const missing = docs.filter((page) => !page.startsWith('docs/decisions/') && page !== 'docs/README.md')
    expect(missing.filter((page) => !linked.includes(page))).toEqual([])
  })
})
