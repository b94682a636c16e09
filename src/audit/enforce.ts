import { SessionConfigError } from '../core/errors.js'
import type { AuditProfile, ProfileOptions } from '../session/definition/profile.js'
import type { AuditFacts } from './facts.js'
import { type AuditReport, auditReport } from './report.js'

/** The report of a definition; where it is held to the profile that is asked for, with the reasons that it gives. */
export function audit(
  facts: AuditFacts,
  own: AuditProfile | ProfileOptions | undefined,
  profile: AuditProfile | undefined,
): AuditReport {
  const held = typeof own === 'string' ? { name: own } : own
  const wanted = profile ?? held?.name ?? 'owasp'
  return auditReport(facts, wanted, held?.deviations ?? {})
}

/** @throws SessionConfigError for what a definition does not keep of its profile without a reason */
export function enforce(facts: AuditFacts, own: AuditProfile | ProfileOptions): void {
  const { requirements, profile } = audit(facts, own, undefined)
  const held = typeof own === 'string' ? { name: own } : own
  const unknown = Object.keys(held.deviations ?? {}).filter((id) => !requirements.some((each) => each.id === id))
  if (unknown.length > 0)
    throw new SessionConfigError(
      `\`profile\` of session \`${facts.session}\` gives reasons for ${unknown.map((id) => `\`${id.slice(0, 20)}\``).join(', ')}, which \`${profile}\` does not ask for.`,
    )
  const broken = requirements.filter(({ status, reason }) => status === 'deviation' && reason === undefined)
  if (broken.length === 0) return
  const sentences = broken.map(({ id, because, fix }) => `${id}: ${because} ${fix}`)
  throw new SessionConfigError(
    `Session \`${facts.session}\` does not keep \`${profile}\`. ${sentences.join(' ')} What has to stay needs a reason: \`profile: { name: '${profile}', deviations: { '${broken[0]?.id}': '...' } }\`.`,
  )
}
