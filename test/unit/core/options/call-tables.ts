import { gobTypes } from '../../../../src/adopt/gob.js'
import { secureCookieRule } from '../../../../src/adopt/securecookie/options.js'
import { secureCookieReader } from '../../../../src/adopt/securecookie.js'
import { defineSession } from '../../../../src/define.js'
import { installRule } from '../../../../src/edge/install-options.js'
import { useRule } from '../../../../src/edge/use-options.js'
import { installSessions } from '../../../../src/h3/install.js'
import { fastifySessions, koaSessions, sessions } from '../../../../src/node/index.js'
import { revokeRule } from '../../../../src/session/admin/subject-sessions.js'
import { garbageRule } from '../../../../src/session/coordination/garbage.js'
import { cookieAttributesRule } from '../../../../src/session/definition/option-rules.js'
import { clientRule, createTestClient, requestRule } from '../../../../src/testing/test-client.js'
import { withSessions, withSessionsRule } from '../../../../src/web/with-sessions.js'
import { attributes, flag, hook, number, schema, type Table, text } from './row.js'

const definition = defineSession(schema, { cookie: { secure: true, prefix: 'secure' }, subject: 'userId' })

/** What the methods of a definition and a session take, the edges, the helpers for tests and the readers of others' cookies. */
export const callTables: readonly Table[] = [
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
]
