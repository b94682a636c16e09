import type { AuditProfile } from '../session/definition/profile.js'
import { ASVS } from './asvs.js'
import { COOKIES } from './cookies.js'
import type { AuditFacts, Finding, Rule } from './facts.js'
import { NIST } from './nist.js'
import { OWASP } from './owasp.js'

/** One requirement, and what a definition does about it. */
export interface AuditRequirement {
  /** As the standard calls it, such as `7.2.3`. The cheat sheet (`CS-`) and the cookie drafts (`C-`) are numbered by us. */
  readonly id: string
  /** Where it comes from. */
  readonly standard: string
  /** From which level of ASVS on. */
  readonly level: 1 | 2 | 3 | undefined
  /** What it asks, in our words. */
  readonly requirement: string
  /** Kept, not kept, or the app's own to keep. A deviation with a reason is still one. */
  readonly status: 'pass' | 'deviation' | 'task'
  /** How it is kept, what is wrong, or what the app has to do. */
  readonly because: string
  /** Of a deviation: what would mend it. */
  readonly fix: string | undefined
  /** Of a deviation: why the app has decided so, by `deviations`. */
  readonly reason: string | undefined
}

/** What an auditor is shown. */
export interface AuditReport {
  /** The name of the definition. */
  readonly session: string
  /** What it is held to. */
  readonly profile: AuditProfile
  /** How many requirements there are of each kind. */
  readonly summary: Readonly<Record<AuditRequirement['status'], number>>
  /** One for each requirement. */
  readonly requirements: readonly AuditRequirement[]
  /** As lines. */
  toText(): string
  /** As a page of its own. */
  toHtml(): string
}

/** Why a definition does not keep a requirement, by its id. */
type Deviations = Readonly<Record<string, string>>

const NAMES = {
  asvs: 'OWASP ASVS 5.0',
  owasp: 'OWASP Session Management Cheat Sheet',
  nist: 'NIST SP 800-63B-4',
  cookies: 'RFC 6265bis and drafts',
} as const

type Standard = readonly [standard: string, rules: readonly Rule[]]

function standardsOf(profile: AuditProfile): readonly Standard[] {
  const cookies: Standard = [NAMES.cookies, COOKIES]
  if (profile === 'owasp') return [[NAMES.owasp, OWASP], cookies]
  const level = Number(profile.at(-1)) as 1 | 2 | 3
  return [profile.startsWith('asvs') ? [NAMES.asvs, ASVS] : [NAMES.nist, NIST[level]], cookies]
}

export function auditReport(facts: AuditFacts, profile: AuditProfile, deviations: Deviations): AuditReport {
  const wanted = profile.startsWith('asvs') ? Number(profile.at(-1)) : 3
  const requirements = standardsOf(profile).flatMap(([standard, rules]) =>
    rules.map((rule) => requirementOf(standard, rule, limited(rule, rule.check(facts), wanted), deviations)),
  )
  const count = (status: AuditRequirement['status']) => requirements.filter((each) => each.status === status).length
  const summary = { pass: count('pass'), deviation: count('deviation'), task: count('task') }
  const report = { session: facts.session, profile, summary, requirements }
  return Object.freeze({ ...report, toText: () => textOf(report), toHtml: () => pageOf(report) })
}

/** What is asked from a higher level on is no deviation of this one. */
function limited({ level = 1 }: Rule, finding: Finding, wanted: number): Finding {
  if (level <= wanted || finding.status !== 'deviation') return finding
  return { status: 'task', because: `Asked for from level ${level} on. ${finding.because} ${finding.fix}` }
}

function requirementOf(
  standard: string,
  { id, level, asks }: Rule,
  finding: Finding,
  deviations: Deviations,
): AuditRequirement {
  const isDeviation = finding.status === 'deviation'
  return {
    id,
    standard,
    level,
    requirement: asks,
    status: finding.status,
    because: finding.because,
    fix: isDeviation ? finding.fix : undefined,
    reason: isDeviation && Object.hasOwn(deviations, id) ? deviations[id] : undefined,
  }
}

type Data = Omit<AuditReport, 'toText' | 'toHtml'>

const TITLES = { deviation: 'Deviations', task: "Your app's tasks", pass: 'Kept' } as const

function titleOf({ session, profile, summary }: Data): string {
  const { pass, deviation, task } = summary
  return `Session ${session}, ${profile}: ${pass} kept, ${deviation} ${deviation === 1 ? 'deviation' : 'deviations'}, ${task} ${task === 1 ? 'task' : 'tasks'} of the app`
}

function textOf(report: Data): string {
  const lines = [titleOf(report)]
  for (const status of ['deviation', 'task', 'pass'] as const) {
    const found = report.requirements.filter((each) => each.status === status)
    if (found.length === 0) continue
    lines.push('', TITLES[status], '')
    for (const each of found)
      lines.push(`${each.id.padEnd(7)} ${each.requirement}`, ...detailsOf(each).map((detail) => `        ${detail}`))
  }
  return `${lines.join('\n')}\n`
}

function detailsOf({ because, fix, reason }: AuditRequirement): string[] {
  return [
    because,
    ...(fix === undefined ? [] : [`To mend it: ${fix}`]),
    ...(reason === undefined ? [] : [`Decided: ${reason}`]),
  ]
}

function pageOf(report: Data): string {
  const rows = report.requirements.map(
    (each) =>
      `<tr class="${each.status}"><td>${escaped(each.id)}</td><td>${escaped(each.standard)}</td><td>${escaped(each.requirement)}</td><td>${each.status}</td><td>${detailsOf(each).map(escaped).join('<br>')}</td></tr>`,
  )
  const title = escaped(titleOf(report))
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${title}</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
td, th { border-bottom: 1px solid #ccc; padding: .4rem .6rem; text-align: left; vertical-align: top }
.deviation td:nth-child(4) { color: #a00; font-weight: bold }
.task td:nth-child(4) { color: #850 }
</style>
<h1>${title}</h1>
<table>
<thead><tr><th>Id<th>Standard<th>Asks<th>Status<th>How, or what to do</thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>
</html>
`
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}
