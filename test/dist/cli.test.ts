import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import type { run as runType } from '../../src/cli/run.js'

const root = new URL('../../', import.meta.url).pathname
// Built: each run would compile all sources anew.
const { run } = (await import(`${root}dist/cli/run.js`)) as { run: typeof runType }
let folder = ''
let lines: string[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zession-cli-'))
})

async function zession(...args: string[]) {
  lines = []
  const say = (text: string) => void lines.push(text)
  const code = await run(args, { line: say, error: say, isTerminal: false })
  return { code, text: lines.join('\n') }
}

function define(file: string, schema: string, options = '') {
  const path = join(folder, file)
  writeFileSync(
    path,
    `import { z } from '${root}node_modules/zod/index.js'\nimport { defineSession, migration } from '${root}dist/index.js'\n${schema}\nexport const app: unknown = defineSession(schema, { ${options} })\n`,
  )
  return `${path}#app`
}

const old = 'const schema = z.object({ userId: z.number().optional() })'

describe('zession check', () => {
  it('writes a snapshot, finds no change, then says of each what becomes of stored sessions', async () => {
    const snapshot = join(folder, 's.json')
    const first = define('one.ts', old)
    expect(await zession('check', first, '--snapshot', snapshot)).toMatchObject({ code: 0 })
    expect(await zession('check', first, '--snapshot', snapshot, '--json')).toMatchObject({
      code: 0,
      text: expect.stringContaining('"edits": []'),
    })
    const second = define(
      'two.ts',
      'const schema = z.object({ userId: z.string().optional(), theme: z.string().optional() })',
    )
    const { code, text } = await zession('check', second, '--snapshot', snapshot, '--json')
    expect(code).toBe(1)
    const { definitions } = JSON.parse(text) as { definitions: { name: string; edits: Record<string, string>[] }[] }
    expect(definitions).toMatchObject([
      {
        name: 'session',
        edits: [
          { path: 'theme', forward: 'safe', backward: 'lossy' },
          { path: 'userId', forward: 'breaking', backward: 'breaking' },
        ],
      },
    ])
    for (const edit of definitions[0]?.edits ?? [])
      expect(Object.keys(edit).sort()).toEqual(['backward', 'forward', 'path', 'reason', 'remedy'])
    const before = readFileSync(snapshot, 'utf8')
    expect(await zession('check', second, '--snapshot', snapshot, '--update')).toMatchObject({ code: 0 })
    expect(readFileSync(snapshot, 'utf8')).not.toBe(before)
    expect(await zession('check', second, '--snapshot', snapshot)).toMatchObject({ code: 0 })
  })

  it('exits with 0 for a breaking change that has a migration', async () => {
    const snapshot = join(folder, 's.json')
    await zession('check', define('one.ts', 'const schema = z.object({ uid: z.string() })'), '--snapshot', snapshot)
    const schema = 'const v1 = z.object({ uid: z.string() })\nconst schema = z.object({ userId: z.number() })'
    const now = define(
      'two.ts',
      schema,
      'version: 2, migrations: [migration(v1, schema, (old) => ({ userId: Number(old.uid ?? 0) }))]',
    )
    expect(await zession('check', now, '--snapshot', snapshot)).toMatchObject({
      code: 0,
      text: expect.stringContaining('undecided'),
    })
  })

  it('notices code that only a check knows: a constant around it, and what superRefine was given', async () => {
    const snapshot = join(folder, 's.json')
    const limit = (n: number) =>
      `const LIMIT = ${n}\nconst schema = z.object({ n: z.number().refine((n) => n < LIMIT) })`
    await zession('check', define('one.ts', limit(5)), '--snapshot', snapshot)
    expect(await zession('check', define('same.ts', limit(5)), '--snapshot', snapshot)).toMatchObject({
      text: expect.stringContaining('no change'),
    })
    expect(await zession('check', define('two.ts', limit(3)), '--snapshot', snapshot)).toMatchObject({
      text: expect.stringContaining('undecided'),
    })
  })
})

describe('zession audit', () => {
  const reasons = `profile: { name: 'owasp', deviations: { 'CS-16': 'A shift has an hour.' } }`

  it('exits with 1 while a requirement is neither kept nor decided against, and shows what to do', async () => {
    const plain = define('plain.ts', old)
    const found = await zession('audit', plain)
    expect(found).toMatchObject({ code: 1, text: expect.stringContaining('To mend it: Set idleTimeout') })
    expect(found.text).not.toMatch(/\d  kept: /)
    expect((await zession('audit', plain, '--all')).text).toMatch(/\d  kept: /)
    const decided = define('decided.ts', old, `maxAge: 7200, subject: 'userId', ${reasons}`)
    expect(await zession('audit', decided)).toMatchObject({
      code: 0,
      text: expect.stringMatching(/not kept, decided: (.|\n)*Decided: A shift has an hour/),
    })
    expect((await zession('audit', decided, '--profile', 'asvs-l3')).text).toContain('session: asvs-l3')
  })

  it('prints JSON, and writes a page', async () => {
    const page = join(folder, 'audit.html')
    const { text, code } = await zession(
      'audit',
      define('json.ts', old),
      '--json',
      '--page',
      page,
      '--profile',
      'asvs-l1',
    )
    expect([code, JSON.parse(text)]).toEqual([
      1,
      { reports: [expect.objectContaining({ session: 'session', profile: 'asvs-l1' })] },
    ])
    expect(readFileSync(page, 'utf8')).toContain('<!doctype html>')
  })

  it('goes on when nobody reads what it prints', () => {
    const [file = ''] = define('piped.ts', old).split('#')
    const command = `"${process.execPath}" dist/cli/main.js audit "${file}" --all | head -1; echo "\${PIPESTATUS[0]}"`
    const { stdout, stderr } = spawnSync('bash', ['-c', command], { cwd: root, encoding: 'utf8' })
    expect([stderr, stdout.split('\n').at(1)]).toEqual(['', '1'])
  })
})

describe('a command that was not called as it can be', () => {
  it.each([
    [['chek'], 'check'],
    [['check', 'nothing.ts'], 'no file nothing.ts'],
    [['revoke', 'x.ts'], '--subject'],
    [['audit', '--profile', 'asvs'], 'asvs-l1'],
  ])('%j says what to do, with exit code 2', async (args, words) => {
    expect(await zession(...args)).toMatchObject({ code: 2, text: expect.stringContaining(words) })
  })
})
