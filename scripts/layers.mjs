// The layers: which room may import what, and why. The linter's rules (oxlint.config.mjs) and their proof
// (check-lint-layers.mjs) are both made from this table.
//
// A room is a folder with its subfolders, or the files named in `files`. Unless a narrower room further down claims a file,
// it may import its own room, node: builtins, and what `may` lists: paths from the root of the repository, and libraries.
// `not` takes some of that away again.

import { posix } from 'node:path'

const stores = {
  memory: [],
  file: [],
  // No store but a carrier of whole sessions, which it seals.
  cookie: ['src/codec/cookie-seal.js'],
  sqlite: ['drizzle-orm', '@libsql/client'],
  postgres: ['drizzle-orm', 'pg'],
  mysql: ['drizzle-orm', 'mysql2'],
  redis: ['ioredis'],
  mongodb: ['mongodb'],
  lmdb: ['lmdb'],
  unstorage: ['unstorage'],
}
const codecs = { json: [], cbor: [], superjson: ['superjson'], registry: [], seal: [], compress: [] }
const overDrizzle = (libraries) => libraries.includes('drizzle-orm')

/** The rooms of src/session from the bottom up: each may import those before it, and what it lists. */
const floors = {
  store: ['src/stores/port.js'],
  transport: ['src/schema/types.js', 'cookie-es'],
  record: ['src/schema/**', 'src/codec/*.js', 'src/stores/port.js'],
  sealed: ['src/stores/port.js', 'src/stores/sealed.js'],
  coordination: ['src/codec/redirect.js', 'src/stores/port.js'],
  subjects: ['src/codec/envelope-header.js', 'src/stores/port.js'],
  admin: ['src/schema/types.js', 'src/codec/redirect.js', 'src/stores/port.js'],
  definition: ['src/schema/**', 'src/codec/port.js', 'src/stores/port.js', 'src/stores/sealed.js'],
  request: ['src/schema/**', 'src/codec/redirect.js', 'src/stores/port.js'],
  handle: ['src/schema/**'],
}

function sessionRooms() {
  const below = []
  return Object.entries(floors).map(([name, ports]) => {
    const room = {
      room: `src/session/${name}`,
      may: ['src/core/**', ...ports, ...below],
      why: `src/session/${name} imports the rooms of src/session below it (${below.length === 0 ? 'there is none' : below.map((path) => path.split('/')[2]).join(', ')}), core and ports: no arrow of src/session runs up.`,
    }
    below.push(`src/session/${name}/**`)
    return room
  })
}

/** What the stores share, beside `sql/` for those over Drizzle. */
const sharedByStores = ['port', 'sealed', 'failure', 'open-once', 'option-names', 'pages', 'copy', 'collect'].map(
  (name) => `src/stores/${name}.js`,
)

const aboutStores =
  'src/stores keeps bytes under a key: a store imports core, the port, shared helpers and its own library, never a sibling store, a schema or a codec, so that a store can be added or removed alone.'
const aboutCodecs =
  'src/codec turns values into bytes: a codec imports core, the port, the envelope, shared helpers and its own library, never a sibling codec, a schema or a store, so that a codec can be added or removed alone.'

export const rooms = [
  {
    room: 'src/core',
    may: [],
    why: 'src/core imports nothing but node: builtins: everything stands on it, so it stands on nothing.',
  },
  {
    room: 'src/core/options',
    may: ['src/core/*.js', 'zod/v4/core'],
    why: "src/core/options is how every layer checks its options: it imports core and zod/v4/core, and knows nobody's options.",
  },
  {
    room: 'src/schema',
    may: ['src/core/**', 'zod'],
    why: 'src/schema says what a session may contain: it imports core and zod, and knows neither codecs, stores nor HTTP.',
  },
  {
    room: 'src/schema/snapshot',
    may: ['src/core/**', ...['walk', 'migrate', 'types'].map((name) => `src/schema/${name}.js`), 'zod'],
    why: 'src/schema/snapshot is a schema as data: it imports core, zod and how schemas are walked.',
  },
  {
    room: 'src/schema/edits',
    may: ['src/core/**', 'src/schema/snapshot/**', 'zod'],
    why: 'src/schema/edits compares two snapshots: it imports core, zod and snapshots, and never sees a schema of the app.',
  },
  { room: 'src/codec', may: ['src/core/**'], not: implementations('src/codec', codecs), why: aboutCodecs },
  {
    room: 'src/codec/binary',
    may: [
      'src/core/**',
      ...['port', 'builtins', 'cycle', 'describe', 'path', 'refusal', 'refusals', 'type-lookup'].map(
        (name) => `src/codec/${name}.js`,
      ),
    ],
    why: 'src/codec/binary is what the codecs with binary records share: it imports core and the shared helpers of src/codec, and knows no codec.',
  },
  ...Object.entries(codecs).map(([name, libraries]) =>
    implementation('src/codec', codecs, name, libraries, aboutCodecs),
  ),
  { room: 'src/stores', may: ['src/core/**'], not: implementations('src/stores', stores), why: aboutStores },
  ...Object.entries(stores).flatMap(([name, libraries]) => [
    implementation('src/stores', stores, name, libraries, aboutStores),
    {
      room: `src/stores/${name}`,
      may: [
        'src/core/**',
        ...sharedByStores,
        ...(overDrizzle(libraries) ? ['src/stores/sql/**'] : []),
        `src/stores/${name}-*.js`,
        ...libraries,
      ],
      why: aboutStores,
    },
  ]),
  {
    room: 'src/stores/sql',
    may: ['src/core/**', ...sharedByStores, 'drizzle-orm'],
    why: 'src/stores/sql holds what the Drizzle stores share: it imports the port, core and drizzle-orm, and knows no dialect and no driver.',
  },
  {
    room: 'src/session',
    may: [
      'src/core/**',
      'src/schema/**',
      ...['port', 'envelope', 'envelope-header', 'envelope-transforms', 'redirect', 'unknown-names'].map(
        (name) => `src/codec/${name}.js`,
      ),
      'src/stores/port.js',
      'src/stores/sealed.js',
      'cookie-es',
    ],
    why: 'src/session composes schema, codec and store through their ports: it imports core, schema, codec/port, codec/envelope, stores/port and cookie-es, never an implementation, never zod (types come from schema/types), never HTTP.',
  },
  ...sessionRooms(),
  {
    room: 'src/edge',
    may: ['src/core/**', 'src/schema/types.js', 'src/session/**'],
    why: 'src/edge is what every HTTP edge shares: it imports session, its types and core, and knows no framework.',
  },
  {
    room: 'src/h3',
    may: ['src/core/**', 'src/schema/types.js', 'src/session/**', 'src/edge/**'],
    why: 'src/h3 is the edge of h3: it imports edge, session and core. It never imports h3 itself, because one build serves h3 v1 and v2 through structural types.',
  },
  {
    room: 'src/adopt',
    may: ['src/core/**', 'src/session/transport/adopt-port.js'],
    why: 'src/adopt reads what other libraries have stored: it imports core and the port of readers, and knows no session of ours.',
  },
  {
    room: 'src/adopt/shared',
    may: ['src/core/**', 'src/session/transport/adopt-port.js'],
    why: 'src/adopt/shared is what several readers share: it imports core and the port of readers, and knows no reader.',
  },
  ...['src/adopt/gob', 'src/adopt/securecookie'].map((room) => ({
    room,
    may: ['src/core/**', ...(room === 'src/adopt/gob' ? [] : ['src/adopt/gob/**'])],
    why: 'src/adopt reads what other libraries have stored: it imports core, and knows no session of ours.',
  })),
  {
    room: 'src/web',
    may: ['src/core/**', 'src/schema/types.js', 'src/session/**', 'src/edge/**'],
    why: 'src/web is the edge of handlers that answer a Request: it imports edge, session and core, and no framework or runtime.',
  },
  {
    room: 'src/node',
    may: ['src/core/**', 'src/schema/types.js', 'src/session/**', 'src/edge/**'],
    why: 'src/node is the edge of node:http and its frameworks: it imports edge, session and core, and none of the frameworks, which it knows by structural types.',
  },
  {
    room: 'src/audit',
    may: [
      'src/core/**',
      'src/schema/types.js',
      'src/session/definition/settings.js',
      'src/session/definition/profile.js',
      'src/stores/port.js',
      'src/stores/sealed.js',
    ],
    why: 'src/audit reports what a definition says: it imports core, the settings of a definition and what stores promise, and opens nothing.',
  },
  {
    room: 'src/csrf',
    may: ['src/core/**', 'src/edge/requests.js', 'src/h3/http-error.js', 'src/session/handle/csrf-seed.js'],
    why: 'src/csrf is about requests of every edge: it imports core, how an edge hands over a request, and the seed of a session.',
  },
  {
    room: 'src/nuxt',
    may: ['src/core/**', 'src/schema/types.js', 'src/session/**', 'src/edge/**', 'src/h3/**', 'nuxt'],
    not: ['src/nuxt/runtime/**'],
    why: 'src/nuxt is the Nuxt module, which runs while an app is built: it imports h3, core, types of session and nuxt/kit. Its runtime is bundled with the app, so it names it by path.',
  },
  {
    room: 'src/nuxt/runtime/server',
    may: [
      'src/core/**',
      'src/schema/types.js',
      'src/session/**',
      'src/edge/**',
      'src/h3/**',
      'src/nuxt/*.js',
      'src/nuxt/runtime/app/wire.js',
      '#imports',
      '#zession',
    ],
    not: [
      'index',
      'module',
      'watch',
      'check-rules',
      'page-guards',
      'add-guards',
      'templates',
      'development',
      'source',
      'server-only',
    ].map((name) => `src/nuxt/${name}.js`),
    why: 'src/nuxt/runtime/server is bundled with the server of an app: it imports h3, edge, session, core and what Nitro gives it, never what runs while the app is built.',
  },
  {
    room: 'src/nuxt/runtime/app',
    may: [...['names', 'file-types', 'bridge', 'guards'].map((name) => `src/nuxt/${name}.js`), '#imports', '#zession'],
    why: 'src/nuxt/runtime/app is bundled for browsers: nothing of the library may come with it but types.',
  },
  {
    files: ['src/types.ts', 'src/types-browser.ts'],
    may: ['src/core/type-registry.js'],
    why: 'src/types.ts is the registry of an app alone, and src/types-browser.ts what browsers get of it, which is without zod.',
  },
  {
    room: 'src/migrate',
    may: [
      'src/core/**',
      'src/session/**',
      ...['envelope-header', 'redirect'].map((name) => `src/codec/${name}.js`),
      'src/stores/port.js',
    ],
    why: 'src/migrate walks stores and writes their records anew: it imports core, session, the header of records and the port of stores, and knows no store, no codec and no command.',
  },
  ...['src/cli', 'src/cli/commands'].map((room) => ({
    room,
    may: [
      'src/core/**',
      'src/schema/**',
      'src/session/**',
      'src/migrate/**',
      'src/audit/**',
      'src/codec/binary/key-names.js',
      'src/stores/port.js',
      ...(room === 'src/cli' ? ['commander', 'jiti'] : ['src/cli/*.js']),
    ],
    not: room === 'src/cli' ? [] : ['main', 'run', 'program'].map((name) => `src/cli/${name}.js`),
    why: 'src/cli is the zession command: it imports core, schema, session, migrate and audit, and the two libraries that it alone loads. A command knows no other command and not who calls it.',
  })),
  {
    room: 'src/testing',
    may: ['src/**', 'fast-check', 'cookie-es', 'zod'],
    why: 'src/testing is published: it may use anything in src, fast-check, cookie-es and zod, but no test runner and no server, since the caller passes those in.',
  },
  {
    files: ['src/define.ts'],
    may: [
      'src/core/**',
      'src/schema/**',
      'src/session/**',
      'src/audit/**',
      ...['port', 'envelope', 'cbor', 'compress', 'seal'].map((name) => `src/codec/${name}.js`),
      'src/stores/port.js',
      'src/stores/sealed.js',
      'src/stores/memory.js',
      'zod',
    ],
    typesOnly: { pattern: '^zod(/|$)', why: 'Only src/schema calls zod; the composition root may name its types.' },
    why: "src/define.ts is the composition root: it imports core, schema, session, the ports and the implementations it defaults to. Anything else would put an optional library into everybody's bundle.",
  },
  {
    files: ['src/index.ts'],
    may: [
      'src/define.js',
      'src/audit/**',
      'src/core/**',
      'src/schema/**',
      'src/session/**',
      'src/codec/**',
      'src/stores/**',
    ],
    not: [...Object.entries(codecs), ...Object.entries(stores)]
      .filter(([, libraries]) => libraries.length > 0)
      .flatMap(([name]) => implementations(name in codecs ? 'src/codec' : 'src/stores', { [name]: [] })),
    byName: 'The public surface is listed by hand, name by name: no `export *`.',
    why: 'The root entry re-exports what needs no optional library; h3, testing and what needs one have their own subpaths.',
  },
  {
    files: ['src/browser.ts'],
    may: [],
    why: 'src/browser.ts is what a browser gets instead: one sentence, and no code of ours.',
  },
]

/** An implementation of a port: its entry, and the entries beside it such as `sqlite-table`. Its folder is a room of its own. */
function implementation(folder, all, name, libraries, why) {
  return {
    files: [`${folder}/${name}.ts`, `${folder}/${name}-*.ts`],
    may: ['src/core/**', `${folder}/**`, ...libraries],
    not: implementations(folder, Object.fromEntries(Object.entries(all).filter(([other]) => other !== name))),
    why,
  }
}

function implementations(folder, all) {
  return Object.keys(all).flatMap((name) => [`${folder}/${name}.js`, `${folder}/${name}-*.js`, `${folder}/${name}/**`])
}

/** Where a room's relative imports begin. */
export function folderOf({ room, files }) {
  return room ?? posix.dirname(files[0])
}

/** An import as a file in `folder` writes it: of a path from the root of the repository, or of a library. */
export function specifier(folder, target) {
  if (!target.startsWith('src/')) return target
  const path = posix.relative(folder, target)
  return path.startsWith('.') ? path : `./${path}`
}

/** The table in the words of the linter, an override for each room. */
export function overrides() {
  return rooms.map((each) => {
    const { room, files, may, not = [], typesOnly, byName, why } = each
    const folder = folderOf(each)
    const allowed = may.flatMap((target) => (target.startsWith('src/') ? [target] : [target, `${target}/**`]))
    const group = [
      ...['*', '**/*', '.', '..'],
      ...(room === undefined ? [] : ['!./**']),
      ...allowed.map((target) => `!${specifier(folder, target)}`),
      ...not.map((target) => specifier(folder, target)),
      ...['!node:*', '!node:*/**'],
    ]
    const patterns = [
      ...(typesOnly ? [{ regex: typesOnly.pattern, allowTypeImports: true, message: typesOnly.why }] : []),
      ...(byName ? [{ regex: '.', importNames: ['*'], message: byName }] : []),
      { group, message: why },
    ]
    return { files: files ?? [`${room}/**`], rules: { 'no-restricted-imports': ['error', { patterns }] } }
  })
}
