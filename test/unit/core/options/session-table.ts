import { z } from 'zod'
import { cookieSession } from '../../../../src/adopt/cookie-session.js'
import { cbor } from '../../../../src/codec/cbor.js'
import { typeRegistry } from '../../../../src/core/type-registry.js'
import { defineSession } from '../../../../src/define.js'
import { migration } from '../../../../src/schema/migrate.js'
import { sessionRule } from '../../../../src/session/definition/option-rules.js'
import { headerTransport } from '../../../../src/session/transport/transport.js'
import { memoryStore } from '../../../../src/stores/memory.js'
import {
  attributes,
  flag,
  hook,
  lifetime,
  number,
  schema,
  secrets,
  type Table,
  text,
  time,
  until,
  word,
} from './row.js'

const old = z.object({ id: z.number().optional() })

/** What `defineSession` takes. */
export const sessionTable: Table = {
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
    'cookie.embed': { ...flag, right: [false] },
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
    clearSiteData: {
      right: [true, false, [], ['cache', 'cookies']],
      wrong: ['cache', ['caches']],
      takes: ['boolean', 'array'],
    },
    profile: { ...word('owasp', 'asvs-l1'), takes: ['object'] },
    'profile.name': word('owasp', 'asvs-l1'),
    'profile.deviations': {
      right: [{}, { 'CS-17': 'A shift has ten hours.' }],
      wrong: [{ 'CS-17': '' }, { 'CS-17': true }],
      takes: [],
      beside: { profile: { name: 'owasp' } },
    },
    adopt: {
      right: [[], [{ reader: cookieSession({ keys: secrets }), until: new Date('2100-01-01') }]],
      wrong: [
        [{}],
        [{ reader: {}, until: new Date('2100-01-01') }],
        [{ reader: cookieSession({ keys: secrets }), until: new Date('2100-01-01'), share: {} }],
        [{ reader: cookieSession({ keys: secrets }), until: new Date('2100-01-01'), share: { values: {} } }],
      ],
      takes: ['array'],
      beside: { secrets },
    },
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
        ...['reused', 'adopted', 'expired', 'invalid', 'migrated', 'storeError'],
      ].map((name) => [`hooks.${name}`, hook]),
    ),
    clock: { right: [() => 1], wrong: [async () => 1], takes: ['function'] },
  },
}
