import {
  atMost,
  deviation,
  endsAtOnce,
  hostPrefix,
  httpOnly,
  pass,
  type Rule,
  randomIds,
  revokesBySubject,
  sameSite,
  secureOnly,
  task,
} from './facts.js'

const DAY = 86_400
const HOUR = 3600

/** OWASP ASVS 5.0: chapter V7, and what of V3, V9, V14, V15 and V16 is about sessions. */
export const ASVS: readonly Rule[] = [
  {
    id: '7.1.1',
    level: 2,
    asks: 'Idle and absolute limits are documented, and where they are longer than NIST 800-63B asks, why.',
    check: (facts) => atMost(facts, { maxAge: DAY, idleTimeout: HOUR }),
  },
  {
    id: '7.1.2',
    level: 2,
    asks: 'How many sessions an account may have at a time is documented, and what happens then.',
    check: ({ hasSubject, maxPerSubject, onLimit }) => {
      if (!hasSubject)
        return deviation(
          'The definition does not know whose sessions there are, so nobody counts.',
          'Set `subject`, and `maxPerSubject` where there is a limit.',
        )
      return maxPerSubject === Number.POSITIVE_INFINITY
        ? pass('Any number, by `maxPerSubject`.')
        : pass(
            `${maxPerSubject}, by \`maxPerSubject\`; one more ${onLimit === 'oldest' ? 'ends the oldest' : 'is refused'}.`,
          )
    },
  },
  {
    id: '7.1.3',
    level: 2,
    asks: 'Federated systems that manage sessions are documented.',
    check: () => task('Name your identity providers, and how long their sessions last.'),
  },
  {
    id: '7.2.1',
    level: 1,
    asks: 'Tokens are verified on a trusted back end.',
    check: () => pass('Sessions are read on the server alone.'),
  },
  {
    id: '7.2.2',
    level: 1,
    asks: 'Tokens are made dynamically: no API keys.',
    check: () => pass('Each session has an id, or a sealed cookie, of its own.'),
  },
  { id: '7.2.3', level: 1, asks: 'Reference tokens are unique and have 128 bits of a CSPRNG.', check: randomIds },
  {
    id: '7.2.4',
    level: 1,
    asks: 'A new token at each authentication; the one before ends.',
    check: () => task('Call `await session.regenerate()` at each login and each new authentication.'),
  },
  {
    id: '7.3.1',
    level: 2,
    asks: 'There is an inactivity timeout.',
    check: ({ idleTimeout }) => pass(`${idleTimeout} s since the last use, checked on the server.`),
  },
  {
    id: '7.3.2',
    level: 2,
    asks: 'There is an absolute lifetime.',
    check: ({ maxAge }) => pass(`${maxAge} s since creation or login, which no use prolongs.`),
  },
  {
    id: '7.4.1',
    level: 1,
    asks: 'After logout or expiry a session is of no use; self-contained ones need a list or an epoch.',
    check: endsAtOnce,
  },
  { id: '7.4.2', level: 1, asks: 'All sessions end when an account is disabled.', check: revokesBySubject },
  {
    id: '7.4.3',
    level: 2,
    asks: 'After a change of a factor the user may end all other sessions.',
    check: revokesBySubject,
  },
  {
    id: '7.4.4',
    level: 2,
    asks: 'Each page that needs a login offers the logout.',
    check: () => task('Show a logout on each page; it calls `session.destroy()`.'),
  },
  {
    id: '7.4.5',
    level: 2,
    asks: 'Administrators can end the sessions of one user, or of all.',
    check: revokesBySubject,
  },
  {
    id: '7.5.1',
    level: 2,
    asks: 'Full authentication again before sensitive account data change.',
    check: () => task('requireRecent(session, seconds) refuses a login that is too old: call it in those handlers.'),
  },
  {
    id: '7.5.2',
    level: 2,
    asks: 'Users see their sessions and can end any, after they have authenticated again.',
    check: (facts) => {
      if (facts.sealed)
        return deviation(
          'Sessions that their clients keep cannot be listed, only ended all at once.',
          'Use a store, such as redisStore().',
        )
      return facts.hasSubject ? pass('subjects.list(user) and revoke() of each.') : revokesBySubject(facts)
    },
  },
  {
    id: '7.5.3',
    level: 3,
    asks: 'A further factor before highly sensitive transactions.',
    check: () => task('Ask for it, and keep the time in the session; requireRecent() compares.'),
  },
  {
    id: '7.6.1',
    level: 2,
    asks: 'Lifetimes between relying party and identity provider are as documented.',
    check: () => task('Set `maxAge` to what your identity provider allows, and end sessions on its logout message.'),
  },
  {
    id: '7.6.2',
    level: 2,
    asks: 'A session needs the consent of the user, or an action.',
    check: () => pass('A visitor who only reads gets no session and no cookie. Logins are yours to ask for.'),
  },
  { id: '3.3.1', level: 1, asks: 'Cookies are Secure, with a prefix that says so.', check: secureOnly },
  { id: '3.3.2', level: 2, asks: 'SameSite is set as the purpose of the cookie asks.', check: sameSite },
  {
    id: '3.3.3',
    level: 2,
    asks: 'The prefix is __Host-, unless the cookie is for other hosts too.',
    check: hostPrefix,
  },
  { id: '3.3.4', level: 2, asks: 'The cookie is HttpOnly, and its value goes by Set-Cookie alone.', check: httpOnly },
  {
    id: '3.3.5',
    level: 3,
    asks: 'Name and value take at most 4096 bytes.',
    check: ({ sealed }) => pass(sealed ? 'Counted before it is sent, with its attributes.' : 'The cookie holds an id.'),
  },
  ...token(
    '9.1.1',
    'Self-contained tokens are verified by signature or MAC before they are used.',
    'The tag of AES-GCM, or the HMAC, is checked before a byte is used.',
  ),
  ...token(
    '9.1.2',
    'Only algorithms of a list are used.',
    'One algorithm, which the format byte names, and never the token.',
  ),
  ...token(
    '9.1.3',
    'Keys come from sources that were configured.',
    'Keys come from `secrets` alone; the key id of a cookie only picks among them.',
  ),
  ...token('9.2.1', 'The validity span is checked.', 'Both deadlines are sealed in, and checked.'),
  ...token('9.2.2', 'Only tokens of the right type are taken.', 'Purpose and format are authenticated along.', 2),
  ...token(
    '9.2.3',
    'Only tokens for this audience are taken.',
    'Definition and cookie name are authenticated along.',
    2,
  ),
  ...token(
    '9.2.4',
    'An issuer gives each audience tokens of its own.',
    'Each definition and cookie has cookies that no other opens.',
    2,
  ),
  {
    id: '14.2.1',
    level: 1,
    asks: 'No session token in a URL.',
    check: ({ travelsBy }) =>
      travelsBy === 'cookie'
        ? pass('There is no way to read one from a URL.')
        : task('The transport is yours: never write an id into a URL.'),
  },
  {
    id: '14.3.1',
    level: 1,
    asks: 'Authenticated data in the client are cleared at the end.',
    check: ({ clearSiteData }) =>
      clearSiteData
        ? pass('A logout sends Clear-Site-Data.')
        : task('Set `clearSiteData: true`, or clear in the page what it keeps.'),
  },
  {
    id: '15.3.7',
    level: 2,
    asks: 'The app is safe from parameters that come twice.',
    check: () => pass('Of several cookies of one name the first that opens a session counts; no other value is used.'),
  },
  {
    id: '16.2.5',
    level: 2,
    asks: 'Tokens are logged hashed or masked, if at all.',
    check: () => pass('`session.ref` is a one-way hash; no error, hook or log line holds an id, a secret or a value.'),
  },
]

function token(id: string, asks: string, how: string, level: 1 | 2 = 1): readonly Rule[] {
  return [
    {
      id,
      level,
      asks,
      check: ({ sealed }) => pass(sealed ? how : 'Sessions are reference tokens; there are no self-contained ones.'),
    },
  ]
}
