// Compiles every fenced ```ts block of README.md and docs/**/*.md in one tsc run, and runs those marked ```ts run.
//
//   ```ts            compiled against h3 v2        ```ts h3=1       compiled against h3 v1
//   ```ts run        compiled, then executed       ```ts nocheck    neither, but counted and listed
//
// A first line `// server/session.ts` makes the block that file for the other blocks of its page. A block that imports
// 'zession' is compiled against src/ and runs against dist/, so build first. `--json` prints the result for the tests.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const root = fileURLToPath(new URL('..', import.meta.url))
const work = join(root, '.tmp', `docs-${process.pid}`)

/** @type {Record<'pages' | 'compiled' | 'executed' | 'optedOut' | 'failures', string[]>} */
const result = { pages: [], compiled: [], executed: [], optedOut: [], failures: [] }
try {
  const blocks = pages().flatMap(blocksOf)
  const checked = blocks.filter((block) => !block.flags.includes('nocheck'))
  result.optedOut = blocks.filter((block) => block.flags.includes('nocheck')).map((block) => block.at)
  place(checked)
  compile(checked)
  result.compiled = checked.map((block) => block.at)
  for (const block of checked.filter((b) => b.flags.includes('run'))) execute(block)
} finally {
  rmSync(work, { recursive: true, force: true })
}
report()

function pages() {
  const docs = join(root, 'docs')
  const under = existsSync(docs) ? readdirSync(docs, { recursive: true }).map((name) => join('docs', String(name))) : []
  const found = ['README.md', ...under.filter((name) => name.endsWith('.md')).sort()]
  if (!existsSync(join(root, 'README.md'))) {
    result.failures.push('README.md does not exist')
    found.shift()
  }
  result.pages = found
  return found
}

function blocksOf(page) {
  const lines = readFileSync(join(root, page), 'utf8').split('\n')
  const found = []
  let open
  lines.forEach((line, index) => {
    const fence = /^(\s*)(`{3,}|~{3,})(.*)$/.exec(line)
    if (open === undefined) {
      if (!fence) return
      const [language, ...flags] = fence[3].trim().split(/\s+/)
      open = {
        page,
        at: `${page}:${index + 1}`,
        line: index + 1,
        indent: fence[1],
        mark: fence[2],
        language,
        flags,
        body: [],
      }
    } else if (fence && fence[2].startsWith(open.mark) && fence[3].trim() === '') {
      found.push(open)
      open = undefined
    } else open.body.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line)
  })
  if (open) result.failures.push(`${open.at} the code block is never closed`)
  for (const { language, at } of found) {
    if (/^(typescript|mts|tsx)$/.test(language))
      result.failures.push(`${at} write \`\`\`ts, so that the block is checked`)
  }
  const blocks = found.filter((block) => block.language === 'ts')
  for (const { flags, at } of blocks) {
    const unknown = flags.filter((flag) => !['run', 'nocheck', 'h3=1'].includes(flag))
    if (unknown.length > 0) result.failures.push(`${at} unknown words after \`\`\`ts: ${unknown.join(' ')}`)
  }
  return blocks
}

/** Gives every block a file. Pages do not see each other; below v2/ `h3` is h3 v2, elsewhere what the repository has. */
function place(blocks) {
  mkdirSync(join(work, 'v2/node_modules'), { recursive: true })
  symlinkSync(join(root, 'node_modules/h3-v2'), join(work, 'v2/node_modules/h3'), 'junction')
  const taken = new Set()
  blocks.forEach((block, index) => {
    const page = block.page.replace(/\.md$/, '').replaceAll(/[^\w]+/g, '-')
    const folder = join(work, block.flags.includes('h3=1') ? 'v1' : 'v2', page)
    const named = /^\/\/ ([\w./-]+\.ts)\s*$/.exec(block.body[0] ?? '')?.[1]
    const wanted = join(folder, named ?? `block-${index}.ts`)
    // A second version of the same file stands in a folder of its own.
    block.file = taken.has(wanted) ? join(folder, `block-${index}`, named) : wanted
    if (!block.file.startsWith(folder)) throw new Error(`${block.at} names a file outside of the project: ${named}`)
    taken.add(block.file)
    mkdirSync(dirname(block.file), { recursive: true })
    writeFileSync(block.file, `${block.body.join('\n')}\n`)
  })
}

function compile(blocks) {
  if (blocks.length === 0) return
  const config = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path)).config
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, root)
  const program = ts.createProgram(
    blocks.map((block) => block.file),
    { ...options, noEmit: true, lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'] },
  )
  const byFile = new Map(blocks.map((block) => [block.file, block]))
  for (const { file, start, messageText } of ts.getPreEmitDiagnostics(program)) {
    const message = ts.flattenDiagnosticMessageText(messageText, '\n  ')
    const block = file && byFile.get(file.fileName)
    const line = file && start !== undefined ? file.getLineAndCharacterOfPosition(start).line + 1 : 0
    const where = block
      ? `${block.page}:${block.line + line}`
      : file
        ? `${relative(root, file.fileName)}:${line}`
        : 'tsc'
    result.failures.push(`${where} ${message}`)
  }
  for (const block of blocks) {
    const { outputText } = ts.transpileModule(block.body.join('\n'), {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023, verbatimModuleSyntax: true },
    })
    writeFileSync(block.file.replace(/\.ts$/, '.js'), outputText)
  }
}

function execute(block) {
  if (!existsSync(join(root, 'dist/index.js'))) {
    result.failures.push(`${block.at} is marked run, and dist/ is missing: npm run build`)
    return
  }
  const file = block.file.replace(/\.ts$/, '.js')
  // As on a fresh machine, whoever runs this: a test runner sets NODE_ENV, and then cookies are those of development.
  const env = { ...process.env, NODE_ENV: undefined }
  const run = spawnSync(process.execPath, [file], { cwd: dirname(file), encoding: 'utf8', env, timeout: 120_000 })
  if (run.status === 0) result.executed.push(block.at)
  else {
    const how =
      run.error?.code === 'ETIMEDOUT' ? 'did not end within two minutes' : `ended with ${run.status ?? run.signal}`
    result.failures.push(`${block.at} ${how}:\n${run.stderr || run.stdout}`)
  }
}

function report() {
  if (process.argv.includes('--json')) {
    console.log(JSON.stringify(result))
    return
  }
  for (const at of result.optedOut) console.log(`not checked, by its own wish: ${at}`)
  for (const failure of result.failures) console.error(failure)
  const { pages: all, compiled, executed, optedOut, failures } = result
  console.log(
    `${all.length} pages: ${compiled.length} blocks compiled, ${executed.length} of them run, ` +
      `${optedOut.length} opted out, ${failures.length} failures`,
  )
  if (failures.length > 0) process.exitCode = 1
}
