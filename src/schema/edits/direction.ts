import type { DefinitionSnapshot, SchemaNode } from '../snapshot/node.js'
import { writerCannotCarry } from './carrying.js'
import type { Finding } from './finding.js'
import type { Fit, Level } from './fit.js'
import { optionFindings } from './options.js'
import { comparisonOf } from './reading.js'
import { isOpaque } from './revive.js'

/** Codecs that store key names as text. */
const TEXT_CODECS = new Set(['json', 'superjson', 'registry'])

/** How the records that `writer` stored fare with the code of `reader`. */
export function directionOf(writer: DefinitionSnapshot, reader: DefinitionSnapshot): Finding[] {
  const hashed = writer.codecs.some((codec) => !TEXT_CODECS.has(codec))
  const findings: Finding[] = [...codecFindings(writer, reader), ...optionFindings(writer.options, reader.options)]
  findings.push(...dataFindings(writer, reader, hashed))
  findings.push(...flashFindings(writer.flash ?? {}, reader.flash ?? {}))
  findings.push(...ruleFindings(writer, reader))
  return findings
}

function dataFindings(writer: DefinitionSnapshot, reader: DefinitionSnapshot, hashed: boolean): Finding[] {
  if (reader.version > writer.version) return migratedFindings(writer, reader, hashed)
  const findings: Finding[] = []
  const { onNewerVersion } = reader.options
  if (reader.version < writer.version && onNewerVersion !== 'carry')
    findings.push({
      path: '(version)',
      level: 'breaking',
      reason: `version ${reader.version} meets records of version ${writer.version}, and its \`onNewerVersion\` is ${JSON.stringify(onNewerVersion)}`,
      remedy: "Leave `onNewerVersion` at 'carry'.",
    })
  findings.push(
    ...keyFindings(writer.keys, reader.keys, hashed),
    ...defaultFindings(writer, reader),
    ...hashFindings(writer, reader, hashed),
  )
  return findings
}

/** What a migration makes of a value only the migration says; what it starts from can be compared. */
function migratedFindings(writer: DefinitionSnapshot, reader: DefinitionSnapshot, hashed: boolean): Finding[] {
  const from = reader.versions?.[String(writer.version)]
  if (!from)
    return [
      {
        path: '(version)',
        level: 'breaking',
        reason: `the migrations begin at version ${reader.oldest}, and these have version ${writer.version}: they are answered with 503`,
        remedy: `Put the migrations from version ${writer.version} on at the start of the list.`,
      },
    ]
  const findings: Finding[] = []
  for (const key of new Set([...Object.keys(writer.keys), ...Object.keys(from)])) {
    const fit = comparisonOf({ written: writer.keys, reading: from, hashed })(key)
    findings.push(
      ...toFindings(fit).map((found) => ({
        ...found,
        reason: `${found.reason} (the schema that the migration starts from is not the one of version ${writer.version})`,
      })),
    )
    if (Object.hasOwn(writer.keys, key) && !Object.hasOwn(from, key)) findings.push(goneFinding(key))
  }
  const wrong = new Set(findings.map(({ path }) => path))
  const direct = keyFindings(writer.keys, reader.keys, hashed).filter(
    ({ path, level }) => level !== 'lossy' || !Object.hasOwn(reader.keys, path),
  )
  const undecided = direct.filter(({ path }) => !wrong.has(path))
  const steps =
    reader.version - writer.version === 1
      ? `the migration from version ${writer.version} to ${reader.version}`
      : `the migrations from version ${writer.version} to ${reader.version}`
  return [
    ...findings,
    ...undecided.map(
      ({ path }): Finding => ({
        path,
        level: 'undecided',
        reason: `${steps} decides what becomes of it`,
        remedy: 'Try the migration on stored data: `zession migrate --dry-run`.',
      }),
    ),
  ]
}

function keyFindings(
  written: Readonly<Record<string, SchemaNode>>,
  reading: Readonly<Record<string, SchemaNode>>,
  hashed: boolean,
): Finding[] {
  const fitOf = comparisonOf({ written, reading, hashed })
  const findings: Finding[] = []
  const gone = Object.keys(written).filter((key) => !Object.hasOwn(reading, key))
  const fresh = Object.keys(reading).filter((key) => !Object.hasOwn(written, key))
  for (const key of Object.keys(written)) findings.push(...toFindings(fitOf(key)))
  for (const key of gone) findings.push(renamedFinding(key, fresh, written, reading) ?? goneFinding(key))
  return findings
}

function goneFinding(key: string): Finding {
  return { path: key, level: 'lossy', reason: 'a key that is not in the schema is kept in the record and not shown' }
}

/** A key that went, and one of the same schema that came: taken for the same one, as everybody would be logged out otherwise. */
function renamedFinding(
  key: string,
  fresh: readonly string[],
  written: Readonly<Record<string, SchemaNode>>,
  reading: Readonly<Record<string, SchemaNode>>,
): Finding | undefined {
  const same = fresh.filter((other) => JSON.stringify(reading[other]) === JSON.stringify(written[key]))
  const [to] = same
  if (to === undefined) return undefined
  return {
    path: key,
    level: 'breaking',
    reason: `\`${key}\` went and \`${to}\` came with the same schema: if it was renamed, what is stored under the old name is not shown under the new one`,
    remedy: `Give the schema a version and a migration that copies \`${key}\` to \`${to}\`. If they are two things, accept it with --update.`,
  }
}

function toFindings(fit: Fit): Finding[] {
  return fit.notes.map(({ path, level, what }) => ({ path, level, reason: WORDS[level](what) }))
}

const WORDS: Readonly<Record<Exclude<Level, 'safe'>, (what: string) => string>> = {
  breaking: (what) => `some are refused, so that the key reads as absent: ${what}`,
  undecided: (what) => `not decided: ${what}`,
  lossy: (what) => `read as less, or as something else: ${what}`,
}

function defaultFindings(writer: DefinitionSnapshot, reader: DefinitionSnapshot): Finding[] {
  const findings: Finding[] = []
  for (const [key, value] of Object.entries(writer.defaults ?? {})) {
    if (!Object.hasOwn(reader.keys, key)) continue
    const now = reader.defaults?.[key]
    if (JSON.stringify(now) === JSON.stringify(value)) continue
    const reason =
      now === undefined
        ? 'sessions that never set this key read it as absent, and no longer as its default'
        : 'sessions that never set this key read another default'
    findings.push({ path: key, level: 'lossy', reason, remedy: 'Nothing has to be done if that is meant.' })
  }
  return findings
}

/** Two names with one hash: what was stored under the first would be read as the second. */
function hashFindings(writer: DefinitionSnapshot, reader: DefinitionSnapshot, hashed: boolean): Finding[] {
  if (!hashed) return []
  const gone = Object.entries(writer.hashes).filter(([name]) => !Object.hasOwn(reader.hashes, name))
  return Object.entries(reader.hashes)
    .filter(([name]) => !Object.hasOwn(writer.hashes, name))
    .flatMap(([name, hash]): Finding[] => {
      const taken = gone.find(([, other]) => other === hash)
      return taken
        ? [
            {
              path: name,
              level: 'breaking',
              reason: `its name has the 16-bit hash of \`${taken[0]}\`, under which the codec stored that key`,
              remedy: 'Choose another name.',
            },
          ]
        : []
    })
}

function flashFindings(
  written: Readonly<Record<string, SchemaNode>>,
  reading: Readonly<Record<string, SchemaNode>>,
): Finding[] {
  // Flash has no known key names: its values stand beside a time, in a list.
  const under = (finding: Finding): Finding => ({ ...finding, path: `flash.${finding.path}` })
  const fitOf = comparisonOf({ written, reading, hashed: false })
  return Object.keys(written).flatMap((key) =>
    (Object.hasOwn(reading, key) ? toFindings(fitOf(key)) : [goneFinding(key)]).map(under),
  )
}

function ruleFindings(writer: DefinitionSnapshot, reader: DefinitionSnapshot): Finding[] {
  const had = new Set((writer.rules ?? []).map((rule) => JSON.stringify(rule)))
  const added = (reader.rules ?? []).filter((rule) => isOpaque(rule) && !had.has(JSON.stringify(rule)))
  return added.length === 0
    ? []
    : [
        {
          path: '(rules)',
          level: 'undecided',
          reason: 'a rule across the keys is new or changed: it is checked when such a session is written again',
          remedy: 'See that the rule accepts what sessions hold already, or the next change of such a session fails.',
        },
      ]
}

function codecFindings(writer: DefinitionSnapshot, reader: DefinitionSnapshot): Finding[] {
  const [first, ...others] = writer.codecs
  const findings: Finding[] = []
  if (first !== undefined && !reader.codecs.includes(first))
    findings.push({
      path: '(codec)',
      level: 'breaking',
      reason: `\`${first}\` wrote them, and the list of codecs does not have it: they are answered with 503`,
      remedy: `Keep \`${first}\` in the list of codecs until no session is older than \`maxAge\`; where servers are replaced one by one, let all of them read the new codec before one writes it.`,
    })
  const missing = others.filter((codec) => !reader.codecs.includes(codec))
  if (missing.length > 0)
    findings.push({
      path: '(codec)',
      level: 'undecided',
      reason: `records that \`${missing.join(', ')}\` wrote long ago, if any are left, are answered with 503`,
      remedy: 'See with `zession stats` whether any are left; `zession recode` rewrites them.',
    })
  const carried = reader.codecs[0] === first ? [] : writerCannotCarry(reader.codecs[0] ?? '', writer.keys)
  for (const [path, kind] of carried)
    findings.push({
      path: '(codec)',
      level: 'breaking',
      reason: `\`${String(reader.codecs[0])}\` cannot carry ${kind} (${path}), so such a session cannot be written again`,
      remedy: 'Store it in another form, with z.codec(), or use another codec.',
    })
  return findings
}
