import { stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import type { KeyedRecord } from '../port.js'
import { list, moved, removeAll, unless } from './disk.js'
import type { Layout } from './names.js'
import type { Records } from './records.js'
import type { Subjects } from './subjects.js'
import { readFolder } from './view.js'

/** The store's own names at each level of its three trees. Whatever else lies there is not looked at, let alone deleted. */
const pair = /^[0-9a-f]{2}$/
const trees = {
  records: [pair, pair, /^[0-9a-f]{64}$/],
  subjects: [pair, /^[0-9a-f]{32}$/, /^[0-9a-f]{64}\.[0-9a-f]{16}$/],
  tmp: [/^(x\.)?[0-9a-f]{16}$/],
} as const
type Tree = keyof typeof trees

/** How many folders one call of the collector opens at most: about a second of disk time. */
const budget = 10_000

/** A draft may be this old before it counts as left behind. Too short would cost a slow creator a second attempt, no more. */
const draftMs = 10 * 60_000

interface Place {
  readonly path: readonly string[]
  /** False for a folder on the way. */
  readonly isLeaf: boolean
}

/** All places below `path` in the order of their names, those after the place `after` alone. */
async function* walk(
  root: string,
  path: readonly string[],
  patterns: readonly RegExp[],
  after: readonly string[],
): AsyncGenerator<Place> {
  const [pattern, ...below] = patterns
  if (!pattern) return
  yield { path, isLeaf: false }
  const [from = '', ...rest] = after
  for (const name of ((await list(join(root, ...path))) ?? []).toSorted()) {
    if (!pattern.test(name) || name < from) continue
    if (below.length > 0) yield* walk(root, [...path, name], below, name === from ? rest : [])
    else if (name !== from) yield { path: [...path, name], isLeaf: true }
  }
}

async function* walkAll(root: string, [first = '', ...rest]: readonly string[]): AsyncGenerator<Place> {
  for (const tree of Object.keys(trees) as Tree[]) {
    if (tree >= first) yield* walk(root, [tree], trees[tree], tree === first ? rest : [])
  }
}

export async function* scan(at: Layout, prefix: string): AsyncGenerator<KeyedRecord> {
  for await (const { path, isLeaf } of walk(at.root, ['records'], trees.records, [])) {
    const found = isLeaf ? await readFolder(join(at.root, ...path)) : undefined
    if (found?.key.startsWith(prefix)) yield found
  }
}

/** Goes round all folders, `budget` at a time, and goes on where the last call stopped. */
export function collector(at: Layout, records: Records, subjects: Subjects) {
  let last: readonly string[] = []

  async function visit([tree = '', ...names]: readonly string[], now: number): Promise<number> {
    const path = join(at.root, tree, ...names)
    if (tree === 'records') return (await records.collect(path, now)) ? 1 : 0
    if (tree === 'subjects') await subjects.prune(join(path, '..'), names.at(-1) ?? '')
    if (tree === 'tmp') await collectDraft(at.tmp, names[0] ?? '', now)
    return 0
  }

  return async (now: number, limit: number): Promise<number> => {
    const start = last
    let [deleted, opened] = [0, 0]
    for (const [from, until] of [
      [start, undefined],
      [[], start],
    ] as const) {
      for await (const { path, isLeaf } of walkAll(at.root, from)) {
        if (deleted >= limit || opened++ >= budget) return deleted
        if (until && path.join(sep) > until.join(sep)) break
        if (!isLeaf) continue
        last = path
        deleted += await visit(path, now)
      }
    }
    return deleted
  }
}

async function collectDraft(folder: string, name: string, now: number): Promise<void> {
  const path = join(folder, name)
  const aside = name.startsWith('x.') ? path : join(folder, `x.${name}`)
  if (aside !== path) {
    const found = await stat(path).catch(unless('ENOENT'))
    if (!found || now - found.mtimeMs < draftMs || !(await moved(path, aside))) return
  }
  await removeAll(aside)
}
