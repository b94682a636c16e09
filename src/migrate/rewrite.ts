import { type HeaderParts, readHeader } from '../codec/envelope-header.js'
import { isRedirect } from '../codec/redirect.js'
import { isExpired } from '../core/deadline.js'
import { SessionError, StoreError } from '../core/errors.js'
import { type SealAge, type Tools, toolsOf } from '../session/admin/tools.js'
import { NO_ID } from '../session/record/format.js'
import { newRevision } from '../session/record/records.js'
import type { BulkChange, KeyedRecord } from '../stores/port.js'
import { type MigrateOptions, resolveMigrate } from './options.js'
import { type MigrateReport, Tally } from './report.js'
import { inBatches } from './walk.js'

/** What a record says of itself, for the decision whether it is written anew. */
export interface Met {
  readonly header: HeaderParts
  /** Undefined for a record in clear. */
  readonly seal: SealAge | undefined
  readonly tools: Tools
}

function stays(codec: string): SessionError {
  return new SessionError(
    'ERR_SESSION_CODEC',
    `It holds keys that this code does not know and that only the codec \`${codec}\` carries. Recode with the release that knows them.`,
  )
}

/** How often a record is read again because a request has changed it meanwhile. */
const MAX_ATTEMPTS = 5

/**
 * Walks all records of a definition and writes anew those that need it, by compare-and-set: a request that changes a session at the
 * same time wins, and the record is looked at again. Deadlines stay where they are.
 */
export async function rewriteAll(
  owner: string,
  definition: unknown,
  options: MigrateOptions,
  needs: (met: Met) => boolean,
): Promise<MigrateReport> {
  const tools = toolsOf(definition)
  const { records } = tools
  const { dryRun, all, onProgress, ...walk } = resolveMigrate(owner, options)
  const tally = new Tally(dryRun)

  /** What to store instead of a record; undefined where it stays as it is. */
  function converted({ key, record }: KeyedRecord, again: boolean): BulkChange | undefined {
    if (isRedirect(record.bytes)) return void (again || tally.skipped.redirects++)
    const now = records.clock()
    if (isExpired(record.expiresAt, now)) return void (again || tally.skipped.expired++)
    try {
      const header = readHeader(record.bytes)
      const isSealed = header.transforms.at(-1) === 'seal'
      const seal = isSealed ? tools.sealAge(record.bytes.subarray(header.bodyAt, header.bodyAt + 4)) : undefined
      if (!again) {
        tally.count('versions', String(header.schemaVersion))
        tally.count('codecs', header.codec)
        if (seal) tally.count('seals', seal)
      }
      if (seal === 'holder') return void (again || tally.skipped.holder++)
      if (!all && !needs({ header, seal, tools })) return void tally.current++
      const place = { id: NO_ID, key }
      const { contents } = records.format.decode(record.bytes, place, now)
      const subject = records.subjects ? records.subjects.of(contents) : record.subject
      const bytes = records.format.encode(contents, place, now)
      if (header.codec !== tools.codec && needs({ header: readHeader(bytes), seal: 'newest', tools }))
        throw stays(header.codec)
      const change = { bytes, revision: newRevision(), expiresAt: 'keep' as const }
      return { key, expected: record.revision, change: subject === undefined ? change : { ...change, subject } }
    } catch (error) {
      // One record of many: the others go on. What is no SessionError is a mistake in a migration's own code.
      if (error instanceof StoreError) throw error
      const code = error instanceof SessionError ? error.code : 'ERR_SESSION_UNREADABLE'
      const message = error instanceof SessionError ? error.message : 'It could not be converted.'
      tally.fail({ ref: records.refOf(key), code, message })
      return undefined
    }
  }

  async function store(changes: readonly BulkChange[], attempt: number): Promise<void> {
    if (changes.length === 0) return
    const outcomes = await records.store().updateMany(changes)
    const moved = changes.filter((_, i) => outcomes[i] === 'conflict')
    tally.rewritten += outcomes.filter((outcome) => outcome === 'ok').length
    if (moved.length === 0) return
    if (attempt >= MAX_ATTEMPTS) {
      tally.busy += moved.length
      return
    }
    const again = await Promise.all(
      moved.map(async ({ key, change }): Promise<BulkChange | undefined> => {
        const record = await records.store().read(key)
        if (!record) return undefined
        if (record.revision === change.revision) return void tally.rewritten++
        return converted({ key, record }, true)
      }),
    )
    await store(
      again.filter((change) => change !== undefined),
      attempt + 1,
    )
  }

  await inBatches(records.store().scan(records.keys.prefix), walk, async (batch) => {
    tally.scanned += batch.length
    const changes = batch.map((found) => converted(found, false)).filter((change) => change !== undefined)
    if (dryRun) tally.rewritten += changes.length
    else await store(changes, 1)
    onProgress?.(tally.report())
  })
  const report = tally.report()
  onProgress?.(report)
  return report
}
