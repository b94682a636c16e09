import { generateSecret } from '../../core/keyring.js'
import { migrateAll } from '../../migrate/migrate-all.js'
import { toolsOf } from '../../session/admin/tools.js'
import { type AnyLoaded, loadOne } from '../load.js'
import { json, type Output, table } from '../print.js'
import { UsageError } from '../usage-error.js'

export interface LookOptions {
  readonly json?: boolean
  readonly ref?: string
  readonly subject?: string
  readonly values?: boolean
  readonly limit?: string
  readonly except?: string
}

interface Info {
  readonly ref: string
  readonly createdAt: Date
  readonly lastSeenAt: Date
  readonly expiresAt: Date
  readonly data: unknown
  revoke(): Promise<boolean>
}

/** Shows sessions: times and keys, and their values only when asked for. */
export async function inspect(target: string | undefined, options: LookOptions, output: Output): Promise<number> {
  return withDefinition(target, async (definition) => {
    const limit = Number(options.limit ?? 20)
    if (!Number.isInteger(limit) || limit < 1) throw new UsageError('--limit takes a whole number above 0.')
    const found: Info[] = []
    if (options.subject !== undefined) found.push(...((await definition.subjects.list(options.subject)) as Info[]))
    else
      for await (const info of definition.scan()) {
        if (options.ref !== undefined && info.ref !== options.ref) continue
        found.push(info as Info)
        if (options.ref !== undefined || found.length >= limit) break
      }
    const shown = found.slice(0, limit).map(({ ref, createdAt, lastSeenAt, expiresAt, data }) => ({
      ref,
      createdAt,
      lastSeenAt,
      expiresAt,
      data: options.values ? data : redacted(data),
    }))
    if (options.json) json(output, { definition: definition.name, sessions: shown })
    else if (shown.length === 0) output.line('No session was found.')
    else
      for (const { ref, createdAt, lastSeenAt, expiresAt, data } of shown) {
        output.line(ref)
        for (const line of table([
          ['created', createdAt.toISOString()],
          ['last seen', lastSeenAt.toISOString()],
          ['expires', expiresAt.toISOString()],
          ['data', JSON.stringify(data, plain)],
        ]))
          output.line(line)
      }
    return shown.length === 0 && options.ref !== undefined ? 1 : 0
  })
}

function redacted(data: unknown): unknown {
  if (data === undefined) return 'only its client, or a mended migration, can open it'
  return Object.fromEntries(
    Object.entries(data as object).map(([key, value]) => [key, `(${Array.isArray(value) ? 'array' : typeof value})`]),
  )
}

function plain(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  return value instanceof Map || value instanceof Set ? [...(value as Set<unknown>)] : value
}

/** Counts per version, codec, age and size. */
export async function stats(target: string | undefined, options: LookOptions, output: Output): Promise<number> {
  return withDefinition(target, async (definition) => {
    const { scanned, skipped, versions, codecs, seals } = await migrateAll(definition, { dryRun: true })
    const ages = new Map<string, number>(AGES.map(([name]) => [name, 0]))
    // Ages are told by the clock that told when they began.
    const now = toolsOf(definition).records.clock()
    for await (const { createdAt } of definition.scan()) {
      const age = AGES.find(([, most]) => now - createdAt.getTime() < most)?.[0] ?? 'older'
      ages.set(age, (ages.get(age) ?? 0) + 1)
    }
    const counted = { records: scanned, ...skipped, versions, codecs, seals, ages: Object.fromEntries(ages) }
    if (options.json) json(output, { definition: definition.name, ...counted })
    else {
      output.line(
        `${definition.name}: ${scanned} records, ${skipped.expired} of them expired, ${skipped.redirects} redirects`,
      )
      for (const [what, counts] of [
        ['by version', versions],
        ['by codec', codecs],
        ['by secret', seals],
        ['by age', counted.ages],
      ] as const) {
        if (Object.keys(counts).length > 0) output.line(what)
        const most = Math.max(1, ...Object.values(counts))
        for (const line of table(
          Object.entries(counts).map(([name, count]) => [
            name,
            `${String(count).padStart(8)} ${'#'.repeat(Math.round((count / most) * 30))}`,
          ]),
        ))
          output.line(line)
      }
    }
    return 0
  })
}

const HOUR = 3_600_000
const AGES: readonly (readonly [string, number])[] = [
  ['under an hour', HOUR],
  ['under a day', 24 * HOUR],
  ['under a week', 168 * HOUR],
  ['under 30 days', 720 * HOUR],
  ['older', Number.POSITIVE_INFINITY],
]

export async function gc(target: string | undefined, options: LookOptions, output: Output): Promise<number> {
  return withDefinition(target, async (definition) => {
    const collected = await definition.collectGarbage()
    if (options.json) json(output, { definition: definition.name, collected })
    else output.line(`${definition.name}: ${collected} expired records deleted`)
    return 0
  })
}

/** Ends the sessions of a subject, or one by its ref. */
export async function revoke(target: string | undefined, options: LookOptions, output: Output): Promise<number> {
  const { ref, subject } = options
  if (ref === undefined && subject === undefined)
    throw new UsageError('Say whose sessions end: --subject ID, or --ref REF for one of them.')
  return withDefinition(target, async (definition) => {
    let ended = 0
    if (subject !== undefined) ended = await definition.subjects.revoke(subject, ref === undefined ? {} : { ref })
    else
      for await (const info of definition.scan())
        if (info.ref === ref) {
          ended = (await info.revoke()) ? 1 : 0
          break
        }
    if (options.json) json(output, { definition: definition.name, ended })
    else output.line(`${definition.name}: ${ended} ${ended === 1 ? 'session' : 'sessions'} ended`)
    return ended > 0 ? 0 : 1
  })
}

export function secret(options: LookOptions, output: Output): number {
  const made = generateSecret()
  if (options.json) json(output, { secret: made })
  else output.line(made)
  return 0
}

async function withDefinition(
  target: string | undefined,
  run: (definition: AnyLoaded) => Promise<number>,
): Promise<number> {
  const { definition } = await loadOne(target)
  try {
    return await run(definition)
  } finally {
    await definition.close()
  }
}
