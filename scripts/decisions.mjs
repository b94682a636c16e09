// Writes the list of docs/decisions/README.md from the headings of the pages beside it. `--check` writes nothing and fails
// when the list is stale or a heading does not begin with the number of its file.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

const folder = new URL('../docs/decisions/', import.meta.url)
const page = new URL('README.md', folder)

const pages = readdirSync(folder)
  .filter((name) => name.endsWith('.md') && name !== 'README.md')
  .sort()
const entries = pages.map((name) => {
  const number = name.slice(0, 3)
  const [, title] = new RegExp(`^# ${number} (.+)$`, 'm').exec(readFileSync(new URL(name, folder), 'utf8')) ?? []
  if (title === undefined) throw new Error(`docs/decisions/${name} does not begin with "# ${number} " and a title.`)
  return `- ${number} [${title}](${name})`
})

const fresh = `# Decisions

What was decided, why, and what else was tried; a page each. Numbers that are missing were never used.

${entries.join('\n')}
`
if (!process.argv.includes('--check')) writeFileSync(page, fresh)
else if (fresh !== readFileSync(page, 'utf8')) {
  console.error('The list of docs/decisions/README.md is stale: node scripts/decisions.mjs')
  process.exitCode = 1
}
