import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession } from '../../../src/define.js'
import { cookieStore } from '../../../src/stores/cookie.js'
import { memoryStore } from '../../../src/stores/memory.js'
import { SECRET } from '../session/sealed/sealed-kit.js'

const schema = z.object({ userId: z.number().optional() })
const options = { store: memoryStore(), subject: 'userId' } as const
const statusOf = (report: { requirements: readonly { id: string; status: string }[] }, id: string) =>
  report.requirements.find((each) => each.id === id)?.status

/** Every id of the standards that a report has to answer, beside the cookie drafts, which each of them has. */
const ids = {
  'asvs-l2':
    '7.1.1 7.1.2 7.1.3 7.2.1 7.2.2 7.2.3 7.2.4 7.3.1 7.3.2 7.4.1 7.4.2 7.4.3 7.4.4 7.4.5 7.5.1 7.5.2 7.5.3 7.6.1 7.6.2 3.3.1 3.3.2 3.3.3 3.3.4 3.3.5 9.1.1 9.1.2 9.1.3 9.2.1 9.2.2 9.2.3 9.2.4 14.2.1 14.3.1 15.3.7 16.2.5',
  owasp: Array.from({ length: 24 }, (_, i) => `CS-${i + 1}`).join(' '),
  'nist-aal1': '5.1-a 5.1-b 5.1-c 5.1-d 5.1-e 5.1-f 5.1-g 5.1-h 5.1-i 5.1.1 5.1.2 5.2 5.3 2.1.3',
  'nist-aal2': '5.1-a 5.1-b 5.1-c 5.1-d 5.1-e 5.1-f 5.1-g 5.1-h 5.1-i 5.1.1 5.1.2 5.2 5.3 2.2.3',
  'nist-aal3': '5.1-a 5.1-b 5.1-c 5.1-d 5.1-e 5.1-f 5.1-g 5.1-h 5.1-i 5.1.1 5.1.2 5.2 5.3 2.3.3',
} as const
const cookieIds = Array.from({ length: 14 }, (_, i) => `C-${i + 1}`)

describe('appSession.audit()', () => {
  it.each(Object.entries(ids))('%s has every requirement once, with how or what to do', (profile, wanted) => {
    const report = defineSession(schema, options).audit({ profile: profile as keyof typeof ids })
    expect(report.requirements.map(({ id }) => id).toSorted()).toEqual([...wanted.split(' '), ...cookieIds].toSorted())
    for (const { status, because, fix, requirement } of report.requirements) {
      expect(because.length).toBeGreaterThan(3)
      expect(requirement.length).toBeGreaterThan(10)
      expect(fix === undefined).toBe(status !== 'deviation')
    }
    const { pass, deviation, task } = report.summary
    expect(pass + deviation + task).toBe(report.requirements.length)
  })

  it('is a text and a page too, in which nothing of the definition is markup', () => {
    const report = defineSession(schema, { ...options, cookie: { path: '/<script>' } }).audit({ profile: 'asvs-l2' })
    for (const { id } of report.requirements) {
      expect(report.toText()).toContain(id)
      expect(report.toHtml()).toContain(`<td>${id}</td>`)
    }
    expect(report.toHtml()).not.toContain('<script>')
  })

  it.each([
    { what: 'a cookie without Secure', id: '3.3.1', profile: 'asvs-l2', change: { cookie: { secure: false } } },
    { what: 'a cookie for scripts', id: '3.3.4', profile: 'asvs-l2', change: { cookie: { httpOnly: false } } },
    { what: 'a cookie for other hosts', id: '3.3.3', profile: 'asvs-l2', change: { cookie: { domain: 'a.example' } } },
    { what: 'SameSite=None', id: '3.3.2', profile: 'asvs-l2', change: { cookie: { sameSite: 'none' } } },
    { what: 'embedding', id: '3.3.2', profile: 'asvs-l2', change: { cookie: { embed: true } } },
    { what: 'no subject', id: '7.4.2', profile: 'asvs-l2', change: { subject: undefined } },
    { what: 'a session of days', id: '7.1.1', profile: 'asvs-l2', change: { maxAge: 86_401 } },
    { what: 'an idle day', id: '2.2.3', profile: 'nist-aal2', change: { idleTimeout: 3601 } },
    { what: 'AAL3 by the defaults', id: '2.3.3', profile: 'nist-aal3', change: {} },
    { what: 'a persistent cookie', id: '5.1-g', profile: 'nist-aal2', change: { cookie: { persistent: true } } },
    { what: 'hours without use', id: 'CS-16', profile: 'owasp', change: {} },
  ] as const)('$what deviates from $id of $profile, and a definition held to it is refused', (each) => {
    const { id, profile, change } = each
    const definition = defineSession(schema, { ...options, ...change } as never)
    expect(statusOf(definition.audit({ profile }), id)).toBe('deviation')
    expect(() => definition.with({ profile } as never)).toThrow(`${id}:`)
  })

  it.each(['asvs-l2', 'nist-aal2', 'nist-aal3', 'owasp'] as const)('%s can be kept, by options alone', (profile) => {
    const kept = { ...options, maxAge: 8 * 3600, idleTimeout: 900 }
    const report = defineSession(schema, { ...kept, profile }).audit()
    expect([report.profile, report.summary.deviation]).toEqual([profile, 0])
  })

  it('takes a reason for what has to stay, shows it, and refuses one for what nobody asks', () => {
    const held = { name: 'owasp', deviations: { 'CS-16': 'A shift.', 'CS-17': 'Ten hours.' } } as const
    const report = defineSession(schema, { ...options, profile: held }).audit()
    expect(report.requirements.filter(({ reason }) => reason !== undefined)).toHaveLength(2)
    expect(report.toText()).toContain('Decided: A shift.')
    expect(() => defineSession(schema, { ...options, profile: { ...held, deviations: { 'CS-99': 'x' } } })).toThrow(
      'CS-99',
    )
  })

  it('tells what a session in its cookie cannot promise, and what buys it back', () => {
    const plain = defineSession(schema, { store: cookieStore({ secrets: SECRET }) })
    expect(statusOf(plain.audit({ profile: 'asvs-l2' }), '7.4.1')).toBe('deviation')
    const store = cookieStore({ secrets: SECRET, revocations: memoryStore() })
    const revocable = defineSession(schema, { store, subject: 'userId' })
    expect(statusOf(revocable.audit({ profile: 'asvs-l2' }), '7.4.1')).toBe('pass')
    expect(statusOf(revocable.audit({ profile: 'asvs-l2' }), '7.5.2')).toBe('deviation')
    const readable = defineSession(schema, { store: cookieStore({ secrets: SECRET, encrypt: false }) })
    expect(statusOf(readable.audit({ profile: 'nist-aal2' }), '5.1.1')).toBe('deviation')
    expect(statusOf(plain.audit({ profile: 'nist-aal2' }), '5.1.1')).toBe('pass')
  })

  it('does not open a store that is made on first use', () => {
    const definition = defineSession(schema, {
      subject: 'userId',
      store: () => {
        throw new Error('opened')
      },
    })
    expect(statusOf(definition.audit({ profile: 'asvs-l2' }), '7.4.1')).toBe('task')
  })
})
