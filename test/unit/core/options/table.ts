import { z } from 'zod'
import { gobTypes } from '../../../../src/adopt/gob.js'
import { secureCookieRule } from '../../../../src/adopt/securecookie/options.js'
import { secureCookieReader } from '../../../../src/adopt/securecookie.js'
import { cbor } from '../../../../src/codec/cbor.js'
import { generateSecret } from '../../../../src/core/keyring.js'
import type { AnyRule } from '../../../../src/core/options/rule.js'
import { typeRegistry } from '../../../../src/core/type-registry.js'
import { defineSession } from '../../../../src/define.js'
import { installRule } from '../../../../src/edge/install-options.js'
import { useRule } from '../../../../src/edge/use-options.js'
import { installSessions } from '../../../../src/h3/install.js'
import { fastifySessions, koaSessions, sessions } from '../../../../src/node/index.js'
import { migration } from '../../../../src/schema/migrate.js'
import { revokeRule } from '../../../../src/session/admin/subject-sessions.js'
import { garbageRule } from '../../../../src/session/coordination/garbage.js'
import { cookieAttributesRule, sessionRule } from '../../../../src/session/definition/option-rules.js'
import { headerTransport } from '../../../../src/session/transport/transport.js'
import { fileRule } from '../../../../src/stores/file/options.js'
import { fileStore } from '../../../../src/stores/file.js'
import { lmdbRule } from '../../../../src/stores/lmdb/options.js'
import { lmdbStore } from '../../../../src/stores/lmdb.js'
import { memoryRule } from '../../../../src/stores/memory/options.js'
import { memoryStore } from '../../../../src/stores/memory.js'
import { mongodbRule } from '../../../../src/stores/mongodb/options.js'
import { mongodbStore } from '../../../../src/stores/mongodb.js'
import { mysqlRule } from '../../../../src/stores/mysql/options.js'
import { mysqlStore } from '../../../../src/stores/mysql.js'
import { postgresRule } from '../../../../src/stores/postgres/options.js'
import { postgresStore } from '../../../../src/stores/postgres.js'
import { redisRule } from '../../../../src/stores/redis/options.js'
import { redisStore } from '../../../../src/stores/redis.js'
import { sqliteRule } from '../../../../src/stores/sqlite/options.js'
import { sqliteStore } from '../../../../src/stores/sqlite.js'
import { unstorageRule } from '../../../../src/stores/unstorage/options.js'
import { unstorageStore } from '../../../../src/stores/unstorage.js'
import { clientRule, createTestClient, requestRule } from '../../../../src/testing/test-client.js'
import { withSessions, withSessionsRule } from '../../../../src/web/with-sessions.js'

/** What one option is given: values that are right, and wrong ones of the right kind. */
interface Row {
  readonly right: readonly unknown[]
  readonly wrong?: readonly unknown[]
  /** Kinds of values that are not all wrong; every other kind is. */
  readonly takes: readonly (keyof typeof probes)[]
  /** Other options that a right value needs. */
  readonly beside?: object
}

interface Table {
  /** As messages call it. */
  readonly owner: string
  readonly rule: AnyRule
  /** The options that may not be missing. */
  readonly base?: object
  call(options: unknown): unknown
  readonly rows: Readonly<Record<string, Row>>
}

/** A value of each kind. The text must never be in a message. */
export const probes = {
  text: 'canary 7f3a',
  number: -77.5,
  boolean: true,
  null: null,
  bigint: 7n,
  symbol: Symbol('canary 7f3a'),
  array: ['canary 7f3a'],
  object: { 'canary 7f3a': 1 },
  map: new Map([['canary 7f3a', 1]]),
  date: new Date(0),
  promise: Promise.resolve('canary 7f3a'),
  function: () => 'canary 7f3a',
  asyncFunction: async () => 'canary 7f3a',
  class: class Canary {},
}

const schema = z.object({ userId: z.number().optional() })
const old = z.object({ id: z.number().optional() })
const secrets = generateSecret()
const methods = (...names: string[]) => Object.fromEntries(names.map((name) => [name, () => undefined]))
const word = (...right: string[]): Row => ({ right, takes: [], wrong: ['no-such-word', '', 'canary 7f3a'] })
const flag: Row = { right: [true, false], takes: ['boolean'], wrong: ['auto', 0, 1] }
const number = (right: number[], wrong: number[]): Row => ({ right, takes: [], wrong: [...wrong, Number.NaN, '5'] })
const time = number([0, 1.5], [-1])
const lifetime = number([1, 34_560_000], [0, 1.5, -1, 34_560_001, Number.POSITIVE_INFINITY])
const text = (right: string[], wrong: string[] = []): Row => ({ right, takes: ['text'], wrong })
const hook: Row = { right: [() => undefined, async () => undefined], takes: ['function', 'asyncFunction'] }
const until: Row = { right: [new Date(0)], wrong: [new Date(Number.NaN)], takes: ['date'], beside: { secrets } }

const attributes = {
  sameSite: word('lax', 'strict', 'none'),
  path: text(['/'], ['a', '/a;b', '']),
  domain: text(['a.example'], ['', 'a;b', 'a b']),
  partitioned: flag,
}
const drizzle = ['select', 'insert', 'update', 'delete', 'execute', 'run', 'all', 'get', 'values']
const withTable = (call: Table['call'], owner: string, rule: AnyRule, url: string, db: object, more = {}): Table => ({
  owner,
  rule,
  base: { url },
  call,
  rows: {
    url: { right: [url], takes: ['text'] },
    db: { right: [db], takes: [], beside: { url: undefined }, wrong: [{}, { select: 1 }] },
    table: text(['web_sessions']),
    initTable: flag,
    ...more,
  },
})
const definition = defineSession(schema, { cookie: { secure: true, prefix: 'secure' }, subject: 'userId' })

export const tables: readonly Table[] = [
  {
    owner: 'session `session`',
    rule: sessionRule,
    base: {},
    call: (options) => defineSession(schema, options as never),
    rows: {
      name: text(['a-B_1'], ['', 'a b', 'x'.repeat(65), '__Host-x', '__secure-x']),
      flash: { right: [schema], takes: ['array', 'object', 'map', 'date'] },
      codec: { right: [cbor(), [cbor()]], wrong: [{}, [{}], { name: 'A', bind() {} }], takes: ['array'] },
      types: { right: [typeRegistry()], wrong: [typeRegistry], takes: [] },
      compress: { ...flag, right: [true, false, {}], takes: ['boolean', 'object'] },
      'compress.above': number([0, 1], [-1, 1.5]),
      encrypt: { ...flag, right: [true, false, {}], beside: { secrets }, takes: ['boolean', 'object'] },
      'encrypt.acceptPlain': until,
      'encrypt.holder': { ...flag, beside: { secrets } },
      version: number([1], [0, 1.5]),
      migrations: {
        right: [[migration(old, schema, ({ id }) => ({ userId: id }))]],
        wrong: [[schema]],
        takes: ['array'],
        beside: { version: 2 },
      },
      onNewerVersion: word('carry', 'reset', 'throw'),
      store: { right: [memoryStore(), () => memoryStore()], wrong: [{}, { read() {} }], takes: ['function'] },
      maxAge: lifetime,
      idleTimeout: lifetime,
      touchAfter: number([0, 1.5], [-1, Number.POSITIVE_INFINITY]),
      cookie: { right: [{}], takes: ['object'] },
      'cookie.sameSite': { ...attributes.sameSite, right: ['lax', 'strict'] },
      'cookie.path': attributes.path,
      'cookie.domain': { ...attributes.domain, beside: { prefix: 'none' } },
      'cookie.partitioned': { ...flag, right: [false] },
      'cookie.name': text(['sid'], ['', 'a b', '__Host-sid', '__secure-sid']),
      'cookie.prefix': { ...word('host', 'secure', 'none'), beside: { secure: true } },
      'cookie.secure': flag,
      'cookie.httpOnly': flag,
      'cookie.persistent': flag,
      transport: { right: [headerTransport()], wrong: [headerTransport, { read() {} }], takes: [] },
      secrets: { right: [secrets, [secrets], () => secrets], takes: ['text', 'array', 'function'] },
      signIds: { ...flag, beside: { secrets }, takes: ['boolean', 'object'] },
      'signIds.acceptUnsigned': until,
      rotateEvery: number([1, 2.5], [0, 0.5, -1, Number.POSITIVE_INFINITY]),
      rotateGrace: number([0, 1.5], [-1, Number.POSITIVE_INFINITY]),
      onReuse: word('ignore', 'revoke'),
      maxRecordBytes: number([1], [0, 1.5]),
      decodedCacheBytes: number([0, 1], [-1, 1.5]),
      flashMode: word('read', 'next-request'),
      flashMaxAge: time,
      generateId: { right: [() => 'x'.repeat(22)], takes: ['function'] },
      onInvalid: { ...word('hide-key', 'reset', 'throw'), takes: ['function'] },
      onUnreadable: word('reset', 'throw'),
      storeTimeout: number([1], [0, 1.5, Number.MAX_SAFE_INTEGER]),
      onStoreError: word('throw', 'anonymous'),
      autoCollect: { ...flag, takes: ['boolean', 'object'] },
      'autoCollect.every': number([0.5, 300], [0, -1, 1_000_001]),
      subject: { right: ['userId', () => 1], takes: ['text', 'function'] },
      maxPerSubject: { ...number([1, Number.POSITIVE_INFINITY], [0, 1.5]), beside: { subject: 'userId' } },
      onLimit: word('oldest', 'refuse'),
      hooks: {
        right: [
          {},
          new (class {
            n = 1
            saved() {}
          })(),
        ],
        takes: ['object'],
      },
      ...Object.fromEntries(
        [
          ...['created', 'loaded', 'saved', 'conflict', 'gone', 'regenerated', 'destroyed'],
          ...['reused', 'expired', 'invalid', 'migrated', 'storeError'],
        ].map((name) => [`hooks.${name}`, hook]),
      ),
      clock: { right: [() => 1], wrong: [async () => 1], takes: ['function'] },
    },
  },
  {
    owner: 'setCookieOptions()',
    rule: cookieAttributesRule,
    call: (options) => createTestClient(definition).request((session) => session.setCookieOptions(options as never)),
    rows: attributes,
  },
  {
    owner: 'collectGarbage()',
    rule: garbageRule,
    call: (options) => definition.collectGarbage(options as never),
    rows: { batch: number([1, 100], [0, -1, 1.5]) },
  },
  {
    owner: 'subjects.revoke()',
    rule: revokeRule,
    call: (options) => definition.subjects.revoke(1, options as never),
    rows: {
      except: { right: [{ ref: undefined }], wrong: [{ id: 'x' }], takes: [] },
      ref: { right: ['x'], takes: ['text'] },
    },
  },
  {
    owner: 'useSession()',
    rule: useRule,
    call: (options) => createTestClient(definition).request((_, reopen) => reopen(options as never)),
    rows: { lock: flag },
  },
  {
    owner: 'installSessions()',
    rule: installRule,
    call: (options) => installSessions({ stack: [], handler: () => undefined, options: {} }, options as never),
    rows: { development: flag },
  },
  {
    owner: 'withSessions()',
    rule: withSessionsRule,
    call: (options) => withSessions(() => undefined, options as never),
    rows: { development: flag, onError: hook },
  },
  ...[
    ['sessions()', sessions] as const,
    ['koaSessions()', koaSessions] as const,
    ['fastifySessions', (options: object) => fastifySessions({ addHook() {} }, options, () => undefined)] as const,
  ].map(
    ([owner, install]): Table => ({
      owner,
      rule: installRule,
      call: (options) => install(options as never),
      rows: { development: flag },
    }),
  ),
  {
    owner: 'createTestClient()',
    rule: clientRule,
    call: (options) => createTestClient(definition, options as never),
    rows: { development: flag, cookie: text(['a=b']) },
  },
  {
    owner: 'request() of a test client',
    rule: requestRule,
    call: (options) => createTestClient(definition).request(() => undefined, options as never),
    rows: {
      status: number([200], [0, 1000, 1.5]),
      cookie: text(['a=b']),
      method: text(['POST']),
      headers: { right: [{ accept: '*/*' }], takes: ['object', 'map', 'array', 'date'] },
    },
  },
  {
    owner: 'secureCookieReader()',
    rule: secureCookieRule,
    base: { keys: [{ hash: 'x' }] },
    call: (options) => secureCookieReader(options as never),
    rows: {
      keys: { right: [[{ hash: 'x' }]], takes: ['array'] },
      maxAge: number([0, 60], [-1]),
      serializer: text(['gob', 'json', 'nop']),
      hashFunction: text(['sha256', 'sha1']),
      types: { right: [gobTypes()], takes: [] },
      clock: { right: [() => 0], takes: ['function'] },
    },
  },
  {
    owner: 'memoryStore()',
    rule: memoryRule,
    call: (options) => memoryStore(options as never),
    rows: { maxEntries: number([1], [0, 1.5]) },
  },
  {
    owner: 'fileStore()',
    rule: fileRule,
    base: { folder: 'x' },
    call: (options) => fileStore(options as never),
    rows: { folder: text(['x'], ['', 'a\0b']), durable: flag },
  },
  {
    owner: 'redisStore()',
    rule: redisRule,
    base: { url: 'redis://h' },
    call: (options) => redisStore(options as never),
    rows: {
      url: { right: ['redis://h'], takes: ['text'] },
      client: {
        right: [methods('getBuffer', 'del', 'zrange', 'scan', 'info', 'evalsha', 'eval')],
        wrong: [{}],
        takes: [],
        beside: { url: undefined },
      },
      prefix: text(['x'], ['']),
    },
  },
  {
    owner: 'mongodbStore()',
    rule: mongodbRule,
    base: { url: 'mongodb://h/a' },
    call: (options) => mongodbStore(options as never),
    rows: {
      url: { right: ['mongodb://h/a'], takes: ['text'] },
      database: text(['a']),
      db: {
        right: [{ ...methods('collection', 'command'), client: methods('on') }],
        wrong: [{}, methods('collection', 'command')],
        takes: [],
        beside: { url: undefined },
      },
      collection: { ...text(['a']), wrong: [{}] },
      initIndexes: flag,
    },
  },
  {
    owner: 'lmdbStore()',
    rule: lmdbRule,
    base: { path: 'x' },
    call: (options) => lmdbStore(options as never),
    rows: {
      path: text(['x'], ['', 'a\0b']),
      db: {
        right: [methods('openDB', 'transaction', 'childTransaction')],
        wrong: [{}],
        takes: [],
        beside: { path: undefined },
      },
      name: text(['x'], ['']),
    },
  },
  {
    owner: 'unstorageStore()',
    rule: unstorageRule,
    base: { storage: methods('getItem', 'setItem', 'removeItem', 'getKeys') },
    call: (options) => unstorageStore(options as never),
    rows: {
      storage: { right: [methods('getItem', 'setItem', 'removeItem', 'getKeys')], wrong: [{}], takes: [] },
      base: { right: ['a:b'], wrong: ['A', ''], takes: [] },
      acceptLostUpdates: flag,
      checkWrites: flag,
    },
  },
  withTable((o) => sqliteStore(o as never), 'sqliteStore()', sqliteRule, ':memory:', methods(...drizzle), {
    authToken: text(['x']),
  }),
  withTable(
    (o) => postgresStore(o as never),
    'postgresStore()',
    postgresRule,
    'postgres://h/a',
    methods(...drizzle, 'refreshMaterializedView'),
    { prepare: flag },
  ),
  withTable((o) => mysqlStore(o as never), 'mysqlStore()', mysqlRule, 'mysql://h/a', methods(...drizzle)),
]
