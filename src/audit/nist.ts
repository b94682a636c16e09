import {
  atMost,
  deviation,
  endsAtOnce,
  hostPrefix,
  httpOnly,
  pass,
  type Rule,
  randomIds,
  sameSite,
  secureOnly,
  task,
} from './facts.js'

const HOUR = 3600
const DAY = 24 * HOUR

/** NIST SP 800-63B-4, section 5, which every level shares. */
const SESSIONS: readonly Rule[] = [
  {
    id: '5.1-a',
    asks: 'The secret of a session is issued in answer to an authentication.',
    check: () =>
      task('Call `await session.regenerate()` when the user has authenticated, and keep the level in the session.'),
  },
  { id: '5.1-b', asks: 'An approved random generator, 64 bits.', check: randomIds },
  { id: '5.1-c', asks: 'Erased or invalidated at logout and expiry.', check: endsAtOnce },
  { id: '5.1-d', asks: 'Only over an authenticated, protected channel.', check: secureOnly },
  {
    id: '5.1-e',
    asks: 'Not accepted after the times of its level, whatever the cookie says.',
    check: () => pass('Both deadlines are checked on the server; Max-Age is for the browser alone.'),
  },
  { id: '5.1-f', asks: 'Not available to scripts of others, nor in localStorage.', check: httpOnly },
  {
    id: '5.1-g',
    asks: 'Bearer secrets do not outlive a restart of the client.',
    check: ({ cookie }) =>
      cookie.persistent
        ? deviation('Every session outlives the browser.', 'Leave `cookie: { persistent }` out.')
        : pass('No Max-Age, except by session.remember().'),
  },
  {
    id: '5.1-h',
    asks: 'What is sent by POST or PUT carries an identifier of the session that is verified.',
    check: () => task('Install `csrf.middleware` of zession/csrf.'),
  },
  {
    id: '5.1-i',
    asks: 'A logout is easy to find.',
    check: () => task('Show it on each page; it calls `session.destroy()`.'),
  },
  {
    id: '5.1.1',
    asks: 'Cookies: Secure, of the least hosts and paths, HttpOnly, __Host-, SameSite, no personal data in clear.',
    check: (facts) => {
      const { sealed } = facts
      const worst = [secureOnly, hostPrefix, httpOnly, sameSite]
        .map((check) => check(facts))
        .find(({ status }) => status !== 'pass')
      if (worst) return worst
      if (sealed && !sealed.encrypted)
        return deviation(
          'The client, and who finds its cookie, reads what is in the session.',
          'Leave `encrypt: false` of cookieStore() out.',
        )
      return pass(`\`${facts.cookie.name}\`, Secure, HttpOnly, with an opaque value.`)
    },
  },
  {
    id: '5.1.2',
    asks: 'An access token does not show that somebody is there.',
    check: () => task('Do not take a token of an identity provider for a session.'),
  },
  {
    id: '5.2',
    asks: 'Two clocks; use restarts the one of inactivity alone, and authentication both.',
    check: () => pass('`idleTimeout` and `maxAge`; regenerate() restarts both.'),
  },
  {
    id: '5.3',
    asks: 'Sessions may be monitored; what is kept for it respects privacy.',
    check: () => pass('Hooks tell what happens. No fingerprint of a client is kept.'),
  },
]

export const NIST: Readonly<Record<1 | 2 | 3, readonly Rule[]>> = {
  1: [
    ...SESSIONS,
    {
      id: '2.1.3',
      asks: 'AAL1: an overall limit, 30 days at most.',
      check: (facts) => atMost(facts, { maxAge: 30 * DAY, idleTimeout: undefined }),
    },
  ],
  2: [
    ...SESSIONS,
    {
      id: '2.2.3',
      asks: 'AAL2: 24 hours overall, 1 hour of inactivity.',
      check: (facts) => atMost(facts, { maxAge: DAY, idleTimeout: HOUR }),
    },
  ],
  3: [
    ...SESSIONS,
    {
      id: '2.3.3',
      asks: 'AAL3: 12 hours overall, 15 minutes of inactivity.',
      check: (facts) => atMost(facts, { maxAge: 12 * HOUR, idleTimeout: HOUR / 4 }),
    },
  ],
}
