import type { DefinitionSnapshot, SchemaNode } from '../snapshot/node.js'
import { directionOf } from './direction.js'
import type { Finding } from './finding.js'
import type { Level } from './fit.js'

export type { Level } from './fit.js'

/** One change of a definition and what becomes of stored sessions. */
export interface Edit {
  /** The key, and where in its value; in parentheses what is no key. */
  readonly path: string
  /** Records written before, read by this code. */
  readonly forward: Level
  /** Records written by this code, read by the code before: a rolling deploy, a rollback. */
  readonly backward: Level
  readonly reason: string
  readonly remedy: string
}

/** What changed between two versions of a definition. */
export function editsBetween(before: DefinitionSnapshot, now: DefinitionSnapshot): Edit[] {
  const forward = directionOf(before, now)
  const backward = directionOf(now, before)
  const paths = new Set([...forward, ...backward].map(({ path }) => path))
  const touched = (key: string) =>
    [...paths].some((path) => path === key || ['.', '[', '{'].some((next) => path.startsWith(key + next)))
  const edits = [...paths].map((path) => editAt(path, forward, backward))
  for (const [key, what] of changedKeys(before.keys, now.keys)) if (!touched(key)) edits.push(safe(key, what))
  for (const [key, what] of changedKeys(before.flash ?? {}, now.flash ?? {}))
    if (!touched(`flash.${key}`)) edits.push(safe(`flash.${key}`, what))
  if (before.version !== now.version && !paths.has('(version)'))
    edits.push(safe('(version)', `version ${before.version} became ${now.version}`))
  if (before.codecs.join() !== now.codecs.join() && !paths.has('(codec)'))
    edits.push(safe('(codec)', `${before.codecs.join(', ')} became ${now.codecs.join(', ')}`))
  return edits.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
}

const ORDER: readonly Level[] = ['safe', 'lossy', 'undecided', 'breaking']

export function worst(levels: readonly Level[]): Level {
  return ORDER[Math.max(0, ...levels.map((level) => ORDER.indexOf(level)))] ?? 'safe'
}

function editAt(path: string, forward: readonly Finding[], backward: readonly Finding[]): Edit {
  const here = (findings: readonly Finding[]) => findings.filter((finding) => finding.path === path)
  const [ahead, back] = [here(forward), here(backward)]
  const said = (findings: readonly Finding[]) => [...new Set(findings.map(({ reason }) => reason))].join('; ')
  const reasons = [
    ...(ahead.length > 0 ? [`Records of before: ${said(ahead)}.`] : []),
    ...(back.length > 0 ? [`Records of this code, read by the code before: ${said(back)}.`] : []),
  ]
  const levels = { forward: worst(ahead.map(({ level }) => level)), backward: worst(back.map(({ level }) => level)) }
  const told = [...ahead, ...back].map(({ remedy }) => remedy).filter((remedy) => remedy !== undefined)
  return {
    path,
    ...levels,
    reason: reasons.join(' '),
    remedy: told.length > 0 ? [...new Set(told)].join(' ') : remedyFor(levels.forward, levels.backward),
  }
}

function remedyFor(forward: Level, backward: Level): string {
  const ahead = {
    breaking: 'Give the schema a version and a migration, or accept both forms for as long as a session may live.',
    undecided: 'Try it on stored data (`zession migrate --dry-run`), or give the schema a version and a migration.',
    lossy: 'Nothing has to be done if that is meant; else keep the key, or copy its value in a migration.',
    safe: '',
  }[forward]
  const back = {
    breaking: 'Deploy in two steps: first code that reads both forms, then the code that writes the new one.',
    undecided: 'Before a rolling deploy try it with both versions at once.',
    lossy: '',
    safe: '',
  }[backward]
  return [ahead, back].filter((text) => text !== '').join(' ') || 'None is needed.'
}

function safe(path: string, reason: string): Edit {
  return {
    path,
    forward: 'safe',
    backward: 'safe',
    reason: `${reason}: whatever was stored is read as it was.`,
    remedy: 'None is needed.',
  }
}

function* changedKeys(
  before: Readonly<Record<string, SchemaNode>>,
  now: Readonly<Record<string, SchemaNode>>,
): Generator<[string, string]> {
  for (const key of new Set([...Object.keys(before), ...Object.keys(now)])) {
    const [from, to] = [before[key], now[key]]
    if (!from) yield [key, 'A new key']
    else if (!to) yield [key, 'A key is gone']
    else if (JSON.stringify(from) !== JSON.stringify(to)) yield [key, 'The schema of this key changed']
  }
}
