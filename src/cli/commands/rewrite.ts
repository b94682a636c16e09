import { copyAll } from '../../migrate/copy-all.js'
import { migrateAll, recodeAll, resealAll } from '../../migrate/migrate-all.js'
import type { MigrateReport } from '../../migrate/report.js'
import type { SessionStore } from '../../stores/port.js'
import { loadModule, loadOne } from '../load.js'
import { json, type Output, table } from '../print.js'
import { UsageError } from '../usage-error.js'

export interface RewriteOptions {
  readonly dryRun?: boolean
  readonly all?: boolean
  readonly batch?: string
  readonly concurrency?: string
  readonly rate?: string
  readonly json?: boolean
}

const JOBS = { migrate: migrateAll, recode: recodeAll, reseal: resealAll } as const

/** @returns the exit code: 1 when a record could not be converted */
export async function rewrite(
  job: keyof typeof JOBS,
  target: string | undefined,
  options: RewriteOptions,
  output: Output,
): Promise<number> {
  const { definition } = await loadOne(target)
  try {
    const stop = stopOnce(output)
    const report = await JOBS[job](definition, {
      ...numbers(options),
      dryRun: options.dryRun === true,
      all: options.all === true,
      signal: stop.signal,
      onProgress: progress<MigrateReport>(
        options,
        output,
        ({ scanned, rewritten, failed }) => `${scanned} met, ${rewritten} written, ${failed} failed`,
      ),
    })
    stop.done()
    if (options.json) json(output, { definition: definition.name, ...report })
    else showReport(definition.name, report, output)
    return report.failed > 0 ? 1 : 0
  } finally {
    await definition.close()
  }
}

export async function copy(
  target: string | undefined,
  options: RewriteOptions & { readonly from: string; readonly to: string },
  output: Output,
): Promise<number> {
  const { definition } = await loadOne(target)
  const [from, to] = [await storeIn(options.from), await storeIn(options.to)]
  try {
    const report = await copyAll(definition, {
      ...numbers(options),
      from,
      to,
      dryRun: options.dryRun === true,
      onProgress: progress<{ scanned: number; copied: number }>(
        options,
        output,
        ({ scanned, copied }) => `${scanned} met, ${copied} copied`,
      ),
    })
    if (options.json) json(output, { definition: definition.name, ...report })
    else
      for (const line of table(Object.entries(report).map(([name, value]) => [name, String(value)]))) output.line(line)
    return report.failed > 0 ? 1 : 0
  } finally {
    await Promise.all([from.close?.(), to.close?.()])
  }
}

/** A store that a module exports: `FILE#export`. */
async function storeIn(target: string): Promise<SessionStore> {
  const at = target.lastIndexOf('#')
  const [file, name] = at < 0 ? [target, 'default'] : [target.slice(0, at), target.slice(at + 1)]
  const exported = (await loadModule(file))[name]
  const store: unknown = typeof exported === 'function' ? (exported as () => unknown)() : exported
  if (typeof store === 'object' && store !== null && 'guarantees' in store) return store as SessionStore
  throw new UsageError(
    `${file} exports no store as \`${name}\`. Write FILE#export of one: export const redis = redisStore({ url })`,
  )
}

function numbers({ batch, concurrency, rate }: RewriteOptions) {
  const given = Object.entries({ batch, concurrency, rate }).filter(([, value]) => value !== undefined)
  return Object.fromEntries(
    given.map(([name, value]) => {
      if (Number.isFinite(Number(value)) && Number(value) > 0) return [name, Number(value)]
      throw new UsageError(`--${name} takes a number above 0.`)
    }),
  )
}

/** A line that is written over and over, for somebody who watches; a log gets the result alone. */
function progress<T>(options: RewriteOptions, output: Output, words: (report: T) => string): (report: T) => void {
  if (options.json || !output.isTerminal) return () => {}
  return (report) => void process.stderr.write(`\r\u001b[K${words(report)}`)
}

/** Ctrl-C finishes what is in flight. */
function stopOnce(output: Output) {
  const controller = new AbortController()
  const stop = () => {
    output.error('Stopping. Run it again to go on.')
    controller.abort()
  }
  process.once('SIGINT', stop)
  return { signal: controller.signal, done: () => process.removeListener('SIGINT', stop) }
}

function showReport(name: string, report: MigrateReport, output: Output): void {
  const { scanned, rewritten, current, skipped, busy, failed, failures, versions, codecs, seals, dryRun, elapsed } =
    report
  const counts = (of: Readonly<Record<string, number>>) =>
    Object.entries(of)
      .map(([what, count]) => `${what}: ${count}`)
      .join(', ') || 'none'
  if (output.isTerminal) process.stderr.write('\r\u001b[K')
  output.line(
    `${name}: ${scanned} records in ${(elapsed / 1000).toFixed(1)} s${dryRun ? ' (dry run, nothing was written)' : ''}`,
  )
  const rows: [string, string | number][] = [
    [dryRun ? 'would be written' : 'written', rewritten],
    ['needed nothing', current],
    ['redirects of rotated ids', skipped.redirects],
    ['expired', skipped.expired],
    ['only for their holder', skipped.holder],
    ['in use, run again', busy],
    ['failed, left as they were', failed],
    ['by version', counts(versions)],
    ['by codec', counts(codecs)],
    ['by secret', counts(seals)],
  ]
  for (const line of table(rows)) output.line(line)
  for (const { ref, code, message } of failures) output.line(`  ${ref}  ${code}  ${message}`)
  if (failed > failures.length) output.line(`  and ${failed - failures.length} more`)
}
