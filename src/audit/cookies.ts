import { noStore, pass, type Rule, sameSite, secureOnly, task } from './facts.js'

/** RFC 6265bis, the draft of layered cookies, and CHIPS. */
export const COOKIES: readonly Rule[] = [
  {
    id: 'C-1',
    asks: 'A cookie over 4096 bytes is dropped whole.',
    check: ({ sealed }) =>
      pass(
        sealed
          ? 'Counted before it is sent; what is larger is refused with its largest keys, split, or stored.'
          : 'The cookie holds an id.',
      ),
  },
  {
    id: 'C-2',
    asks: 'Headers are limited in total.',
    check: ({ sealed }) =>
      sealed && sealed.chunks > 2
        ? task(`A session may take ${sealed.chunks} cookies: raise the limits of proxies and servers.`)
        : pass('One or two cookies a session.'),
  },
  {
    id: 'C-3',
    asks: 'Prefixes are kept to, and told apart by case.',
    check: () => pass('Checked when the session is defined; on reading, names are compared exactly.'),
  },
  {
    id: 'C-4',
    asks: '__Http- and __Host-Http- keep scripts from setting a cookie.',
    check: ({ cookie }) =>
      pass(cookie.name.includes('Http-') ? `\`${cookie.name}\`.` : "Offered: `cookie: { prefix: 'host-http' }`."),
  },
  {
    id: 'C-5',
    asks: 'SameSite is explicit; None needs Secure.',
    check: (facts) => (facts.cookie.sameSite === 'none' ? secureOnly(facts) : sameSite(facts)),
  },
  {
    id: 'C-6',
    asks: 'Lax and Strict cookies cannot be set in answers to subresources of other sites.',
    check: () => pass('Where the app is embedded there is `cookie: { embed: true }`.'),
  },
  { id: 'C-7', asks: 'No more than 400 days.', check: () => pass('Never sent, nor stored.') },
  { id: 'C-8', asks: 'One Set-Cookie for a name.', check: () => pass('A later one replaces the earlier.') },
  { id: 'C-9', asks: 'Several Cookie lines, in any order.', check: () => pass('All are read.') },
  { id: 'C-10', asks: 'Values keep to the grammar.', check: () => pass('base64url.') },
  {
    id: 'C-11',
    asks: 'Neighbouring hosts can plant cookies.',
    check: ({ cookie }) =>
      cookie.name.startsWith('__Host-')
        ? pass('Browsers keep __Host- cookies from them.')
        : task('A host of the same domain can plant a cookie of its own session: use __Host-, or trust all of them.'),
  },
  {
    id: 'C-12',
    asks: 'Secure cookies cannot be set over http.',
    check: () => pass('In development the cookie has another name, and a line says so.'),
  },
  {
    id: 'C-13',
    asks: 'Partitioned needs Secure, and a removal repeats it.',
    check: ({ cookie }) => pass(cookie.partitioned ? 'It is, and the removal repeats it.' : 'Not partitioned.'),
  },
  { id: 'C-14', asks: 'Caches may keep a Set-Cookie.', check: noStore },
]
