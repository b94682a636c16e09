import {
  deviation,
  endsAtOnce,
  hostPrefix,
  httpOnly,
  noStore,
  pass,
  type Rule,
  randomIds,
  revokesBySubject,
  sameSite,
  secureOnly,
  task,
} from './facts.js'

const HOUR = 3600

/** The Session Management Cheat Sheet of OWASP. */
export const OWASP: readonly Rule[] = [
  {
    id: 'CS-1',
    asks: 'The name of the cookie tells nothing about the framework.',
    check: ({ cookie }) => pass(`\`${cookie.name}\`.`),
  },
  { id: 'CS-2', asks: 'Ids have 64 bits of entropy and mean nothing.', check: randomIds },
  {
    id: 'CS-3',
    asks: 'The repository is encrypted where it holds sensitive data.',
    check: ({ sealed, encrypts }) => {
      if (sealed)
        return sealed.encrypted
          ? pass('Cookies are encrypted.')
          : deviation('The client reads what is in its session.', 'Leave `encrypt: false` of cookieStore() out.')
      return encrypts
        ? pass('Records are encrypted.')
        : task('Ids are stored as hashes. Set `encrypt: true` where others read the store.')
    },
  },
  {
    id: 'CS-4',
    asks: 'Ids are taken from one place alone.',
    check: ({ travelsBy }) => pass(travelsBy === 'cookie' ? 'From the cookie alone.' : 'From the transport alone.'),
  },
  { id: 'CS-5', asks: 'HTTPS for the whole session.', check: secureOnly },
  {
    id: 'CS-6',
    asks: 'HttpOnly, SameSite, and a protection against CSRF besides.',
    check: (facts) => (facts.cookie.httpOnly ? sameSite(facts) : httpOnly(facts)),
  },
  { id: 'CS-7', asks: 'The prefix is __Host-.', check: hostPrefix },
  { id: 'CS-8', asks: 'No Domain, and a narrow Path.', check: hostPrefix },
  {
    id: 'CS-9',
    asks: 'Cookies end with the browser, unless the user has asked for more.',
    check: ({ cookie }) =>
      cookie.persistent
        ? deviation(
            'Every session outlives the browser.',
            'Leave `persistent` out, and call session.remember() for those who ask for it.',
          )
        : pass('No Max-Age, except by session.remember().'),
  },
  { id: 'CS-10', asks: 'Ids are not kept in localStorage or sessionStorage.', check: httpOnly },
  {
    id: 'CS-11',
    asks: 'Ids that the app has not issued are not taken.',
    check: () => pass('An unknown id ends in a new one; it is never adopted.'),
  },
  {
    id: 'CS-12',
    asks: 'Ids are untrusted input.',
    check: () => pass('Syntax is checked before anything is looked up, and what is looked up is a hash.'),
  },
  {
    id: 'CS-13',
    asks: 'A new id at each change of privilege.',
    check: () => task('Call `await session.regenerate()` at login, logout of a role, and change of password.'),
  },
  {
    id: 'CS-14',
    asks: 'Authentication again after events of risk.',
    check: () => task('requireRecent(session, seconds).'),
  },
  {
    id: 'CS-15',
    asks: 'Several cookies of one session are verified together.',
    check: () => pass('A session has one cookie, or pieces that open all or none.'),
  },
  {
    id: 'CS-16',
    asks: 'An idle timeout on the server: minutes for what is valuable, up to half an hour for the rest.',
    check: ({ idleTimeout }) =>
      idleTimeout <= HOUR / 2
        ? pass(`${idleTimeout} s.`)
        : deviation(
            `\`idleTimeout\` is ${idleTimeout} s, over half an hour.`,
            'Set idleTimeout: 1800 or less, or say why not.',
          ),
  },
  {
    id: 'CS-17',
    asks: 'An absolute timeout: a working day.',
    check: ({ maxAge }) =>
      maxAge <= 8 * HOUR
        ? pass(`${maxAge} s.`)
        : deviation(`\`maxAge\` is ${maxAge} s, over eight hours.`, 'Set maxAge: 28800 or less, or say why not.'),
  },
  {
    id: 'CS-18',
    asks: 'Ids are renewed during long sessions.',
    check: ({ rotateEvery, sealed, endsReused }) => {
      if (sealed) return pass('An id alone opens nothing, and each write seals a cookie of its own.')
      return rotateEvery === undefined
        ? task('Set `rotateEvery` for sessions of hours.')
        : pass(`Every ${rotateEvery} s${endsReused ? ', and the late use of an old one ends the session' : ''}.`)
    },
  },
  { id: 'CS-19', asks: 'A logout ends the session on the server and removes the cookie.', check: endsAtOnce },
  { id: 'CS-20', asks: 'Responses with ids are not cached.', check: noStore },
  {
    id: 'CS-21',
    asks: 'Guessing and anomalies are noticed.',
    check: ({ hooks }) =>
      hooks.some((name) => ['invalid', 'reused', 'gone'].includes(name))
        ? pass('Hooks hear of it.')
        : task('Listen to the hooks `invalid` and `reused`, or to the channel `zession`.'),
  },
  {
    id: 'CS-22',
    asks: 'The life of sessions is logged, with a hash of the id.',
    check: ({ hooks }) =>
      hooks.length > 0
        ? pass(`Hooks: ${hooks.join(', ')}; each has \`ref\`.`)
        : task('Log from `hooks`; each has `ref`, a hash.'),
  },
  { id: 'CS-23', asks: 'Simultaneous logins are decided upon, shown, and can be ended.', check: revokesBySubject },
  {
    id: 'CS-24',
    asks: 'The client logs out by itself, with a countdown.',
    check: () => task('session.expiresAt says when.'),
  },
]
