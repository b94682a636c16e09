import type { AnyRule } from '../../../../src/core/options/rule.js'
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
import { flag, methods, number, type Table, text } from './row.js'

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

/** What the stores take. */
export const storeTables: readonly Table[] = [
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
