// Writes docs/cli.md from the commands' own definitions. With --check it says whether the page is as they are. Needs dist/.
import { readFileSync, writeFileSync } from 'node:fs'
import { createProgram, EXIT_CODES } from '../dist/cli/program.js'

const page = new URL('../docs/cli.md', import.meta.url)
const silent = { line: () => {}, error: () => {}, isTerminal: false }
const program = createProgram(silent, () => {})

const lines = [
  '# The `zession` command',
  '',
  `${program.description()} \`npx zession --help\` says the same as this page, which is made of the commands themselves. When to use`,
  'which: [deploys that log nobody out](deploys.md).',
  '',
  'A definition file in TypeScript is loaded as it is. Output is plain where it is no terminal; with `--json` it is JSON, values of sessions',
  'aside, which only `inspect --values` shows. No command shows an id or a secret of the app.',
]
for (const command of program.commands) {
  const args = command.registeredArguments.map((each) => (each.required ? `<${each.name()}>` : `[${each.name()}]`))
  lines.push(
    '',
    `## zession ${[command.name(), ...args].join(' ')}`,
    '',
    `${command.description()}.`,
    '',
    '| option | meaning |',
    '| --- | --- |',
  )
  for (const each of command.registeredArguments) lines.push(`| \`${each.name()}\` | ${each.description} |`)
  for (const { flags, description, defaultValue, mandatory } of command.options)
    lines.push(
      `| \`${flags}\` | ${description}${mandatory ? ', needed' : ''}${defaultValue === undefined ? '' : ` (${defaultValue})`} |`,
    )
}
lines.push(
  '',
  '## Exit codes',
  '',
  '| code | meaning |',
  '| --- | --- |',
  ...EXIT_CODES.map(([code, what]) => `| ${code} | ${what} |`),
  '',
)
const text = lines.join('\n')

if (!process.argv.includes('--check')) writeFileSync(page, text)
else if (readFileSync(page, 'utf8') !== text) {
  console.error('docs/cli.md is not what the commands say. Run: npm run build && node scripts/cli-docs.mjs')
  process.exitCode = 1
}
