import { writeFileSync } from 'node:fs'
import type { AuditReport } from '../../audit/report.js'
import type { AuditProfile } from '../../session/definition/profile.js'
import { loadDefinitions } from '../load.js'
import { json, type Output, paint } from '../print.js'
import { UsageError } from '../usage-error.js'

export interface AuditOptions {
  readonly profile?: AuditProfile
  readonly page?: string
  readonly all?: boolean
  readonly json?: boolean
}

/** Says what a standard asks of definitions, and whether they keep it. @returns the exit code: 1 for a deviation without a reason */
export async function audit(target: string | undefined, options: AuditOptions, output: Output): Promise<number> {
  const definitions = await loadDefinitions(target)
  const reports = definitions.map(({ definition }) =>
    definition.audit(options.profile === undefined ? {} : { profile: options.profile }),
  )
  if (options.page !== undefined) {
    const [report] = reports
    if (report === undefined || reports.length > 1)
      throw new UsageError(
        `A page is of one definition. Choose one: ${definitions.map(({ exported }) => `FILE#${exported}`).join(', ')}.`,
      )
    writeFileSync(options.page, report.toHtml())
  }
  if (options.json) json(output, { reports })
  else for (const report of reports) show(report, options, output)
  return reports.some(({ requirements }) => requirements.some(isOpen)) ? 1 : 0
}

function isOpen({ status, reason }: AuditReport['requirements'][number]): boolean {
  return status === 'deviation' && reason === undefined
}

/** What is kept is left out unless it is asked for: whoever reads this wants to know what to do. */
function show(report: AuditReport, { all, page }: AuditOptions, output: Output): void {
  const { session, profile, summary, requirements } = report
  const counts = `${summary.pass} kept, ${summary.deviation} not kept, ${summary.task} for the app`
  output.line(paint(output, 'bold', `${session}: ${profile}, ${counts}`))
  for (const each of requirements) {
    if (each.status === 'pass' && !all) continue
    const status = {
      pass: paint(output, 'green', 'kept'),
      deviation:
        each.reason === undefined ? paint(output, 'red', 'not kept') : paint(output, 'cyan', 'not kept, decided'),
      task: paint(output, 'yellow', 'for the app'),
    }[each.status]
    output.line(`  ${each.id}  ${status}: ${each.requirement}`)
    output.line(`    ${each.because}`)
    if (each.fix !== undefined) output.line(`    To mend it: ${each.fix}`)
    if (each.reason !== undefined) output.line(`    Decided: ${each.reason}`)
  }
  if (page !== undefined) output.line(`Wrote ${page}.`)
}
