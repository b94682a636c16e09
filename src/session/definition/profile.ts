export const AUDIT_PROFILES = ['asvs-l1', 'asvs-l2', 'asvs-l3', 'nist-aal1', 'nist-aal2', 'nist-aal3', 'owasp'] as const

/** What a session can be held to: levels of OWASP ASVS 5.0, of NIST SP 800-63B-4, and OWASP's cheat sheet. */
export type AuditProfile = (typeof AUDIT_PROFILES)[number]

/** `profile` of a definition with what it does not keep, and why. */
export interface ProfileOptions {
  /** What the session is held to. */
  readonly name: AuditProfile
  /** Why it does not keep a requirement, by its id: `{ 'CS-17': 'A shift has ten hours.' }`. @default none */
  readonly deviations?: Readonly<Record<string, string>>
}
