/** The pages of the playground, for the navigation and the first page. */
export const features = [
  {
    title: 'Basics',
    pages: [
      { path: '/login', name: 'Log in and out', about: 'By a form or by a script; here, and everywhere.' },
      { path: '/flash', name: 'Flash', about: 'A message for the next page, shown once.' },
      { path: '/keys', name: 'Writable keys', about: 'What a page may set without a handler.' },
      { path: '/values', name: 'Typed values', about: 'Date, Map, Set, BigInt and a class of the app.' },
      { path: '/second', name: 'A second session', about: 'A basket that outlives a logout.' },
    ],
  },
  {
    title: 'Over time',
    pages: [
      { path: '/expiry', name: 'Expiry', about: 'A countdown, and what happens at zero.' },
      { path: '/tabs', name: 'Two tabs', about: 'What one tab does, the other sees.' },
      { path: '/live', name: 'WebSocket', about: 'The session of a connection that stays open.' },
    ],
  },
  {
    title: 'Who may what',
    pages: [
      { path: '/guards', name: 'Guards', about: 'Pages and routes that need a login, or a recent one.' },
      { path: '/account', name: 'Account', about: 'A guarded page. It sends you to the login and back.' },
    ],
  },
  {
    title: 'Under load',
    pages: [
      { path: '/parallel', name: 'Parallel requests', about: 'Fifty at once, and nothing is lost.' },
      { path: '/rendered', name: 'Written while rendering', about: 'Four internal requests, one session, one cookie.' },
      { path: '/cached', name: 'A cached page', about: 'The same for everybody, until the browser asks.' },
      { path: '/prerendered', name: 'A prerendered page', about: 'Made at build, with no session at all.' },
      { path: '/errors', name: 'Errors and outages', about: 'What is kept, what is dropped, who logs out (nobody).' },
    ],
  },
] as const
