import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { type Edit, editsBetween, type Level } from '../../schema/edits/edits.js'
import type { DefinitionSnapshot, SnapshotFile } from '../../schema/snapshot/node.js'
import { loadDefinitions } from '../load.js'
import { json, type Output, paint } from '../print.js'
import { snapshotOf } from '../snapshot-of.js'
import { UsageError } from '../usage-error.js'

/** What `--json` prints. */
interface Checked {
  readonly definitions: readonly { readonly name: string; readonly edits: readonly Edit[] }[]
}

export interface CheckOptions {
  readonly snapshot: string
  readonly update?: boolean
  readonly json?: boolean
  readonly rollback?: boolean
}

/** Compares definitions with what was committed. @returns the exit code: 1 for a breaking edit */
export async function check(target: string | undefined, options: CheckOptions, output: Output): Promise<number> {
  const now: Record<string, DefinitionSnapshot> = {}
  for (const { definition } of await loadDefinitions(target)) now[definition.name] = snapshotOf(definition)
  const before = readSnapshot(options.snapshot)
  const checked: Checked = {
    definitions: before ? compare(before.definitions, now) : Object.keys(now).map((name) => ({ name, edits: [] })),
  }
  const isNew = before === undefined
  if (options.update || isNew) {
    const kept = isOne(target) ? (before?.definitions ?? {}) : {}
    writeSnapshot(options.snapshot, { ...kept, ...now })
  }
  if (options.json) json(output, checked)
  else show(checked, { output, isNew, ...options })
  if (options.update) return 0
  const counts = ({ forward, backward }: Edit) =>
    forward === 'breaking' || (options.rollback === true && backward === 'breaking')
  return checked.definitions.some(({ edits }) => edits.some(counts)) ? 1 : 0
}

function isOne(target: string | undefined): boolean {
  return target?.includes('#') === true
}

function compare(
  before: SnapshotFile['definitions'],
  now: Readonly<Record<string, DefinitionSnapshot>>,
): Checked['definitions'] {
  const fresh = Object.keys(now).filter((name) => !Object.hasOwn(before, name))
  const gone = Object.keys(before).filter((name) => !Object.hasOwn(now, name))
  return Object.entries(now).map(([name, snapshot]) => {
    const old = before[name]
    if (old) return { name, edits: editsBetween(old, snapshot) }
    // One that went and one that came, under another name: its sessions and cookies are under the old one.
    const [renamed] = gone
    if (renamed === undefined || fresh.length > 1) return { name, edits: [added] }
    return { name, edits: [renamedFrom(renamed), ...editsBetween(before[renamed] as DefinitionSnapshot, snapshot)] }
  })
}

const added: Edit = {
  path: '(definition)',
  forward: 'safe',
  backward: 'safe',
  reason: 'A new definition, which has no sessions yet.',
  remedy: 'None is needed.',
}

function renamedFrom(name: string): Edit {
  return {
    path: '(name)',
    forward: 'breaking',
    backward: 'breaking',
    reason: `The definition was called \`${name}\`: its records and cookies are under that name, where this one does not look.`,
    remedy: `Keep \`name: '${name}'\`. If it is another definition, accept it with --update.`,
  }
}

function readSnapshot(file: string): SnapshotFile | undefined {
  if (!existsSync(file)) return undefined
  let read: unknown
  try {
    read = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    throw new UsageError(
      `${file} is not JSON. It is written by \`zession check --update\`; take it from your version control again.`,
    )
  }
  const { zession, definitions } = Object(read) as Partial<SnapshotFile>
  if (zession === 1 && typeof definitions === 'object') return read as SnapshotFile
  throw new UsageError(
    `${file} is no snapshot that this release can read. Write a new one with \`zession check --update\`.`,
  )
}

function writeSnapshot(file: string, definitions: SnapshotFile['definitions']): void {
  const sorted = Object.fromEntries(Object.entries(definitions).sort(([a], [b]) => (a < b ? -1 : 1)))
  writeFileSync(file, `${JSON.stringify({ zession: 1, definitions: sorted } satisfies SnapshotFile, undefined, 2)}\n`)
}

const COLOR: Readonly<Record<Level, 'green' | 'cyan' | 'yellow' | 'red'>> = {
  safe: 'green',
  lossy: 'cyan',
  undecided: 'yellow',
  breaking: 'red',
}

function show(
  { definitions }: Checked,
  { output, isNew, snapshot, update }: CheckOptions & { output: Output; isNew: boolean },
): void {
  for (const { name, edits } of definitions) {
    output.line(
      paint(
        output,
        'bold',
        `${name}: ${edits.length === 0 ? (isNew ? 'written down' : 'no change') : `${edits.length} ${edits.length === 1 ? 'change' : 'changes'}`}`,
      ),
    )
    for (const { path, forward, backward, reason, remedy } of edits) {
      output.line(
        `  ${path}  forward ${paint(output, COLOR[forward], forward)}, backward ${paint(output, COLOR[backward], backward)}`,
      )
      output.line(`    ${reason}`)
      if (remedy !== 'None is needed.') output.line(`    ${remedy}`)
    }
  }
  if (isNew) output.line(`Wrote ${snapshot}. Commit it: the next check compares with it.`)
  else if (update) output.line(`Updated ${snapshot}. Commit it with the change.`)
  else if (definitions.some(({ edits }) => edits.length > 0))
    output.line('Accept the changes with --update, and commit the snapshot with them.')
}
