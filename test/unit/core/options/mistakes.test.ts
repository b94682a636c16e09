import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { cbor } from '../../../../src/codec/cbor.js'
import { seal } from '../../../../src/codec/seal.js'
import { SessionConfigError } from '../../../../src/core/errors.js'
import { generateSecret } from '../../../../src/core/keyring.js'
import { typeRegistry } from '../../../../src/core/type-registry.js'
import { defineSession } from '../../../../src/define.js'
import { migration } from '../../../../src/schema/migrate.js'
import { requireRecent } from '../../../../src/session/handle/require-recent.js'
import { headerTransport } from '../../../../src/session/transport/transport.js'
import { memoryStore } from '../../../../src/stores/memory.js'
import { redisStore } from '../../../../src/stores/redis.js'
import { createTestClient } from '../../../../src/testing/test-client.js'

const schema = z.object({ userId: z.number().optional(), note: z.string().optional() })
const define = (options: unknown) => () => defineSession(schema, options as never)

async function messageOf(run: () => unknown): Promise<string> {
  try {
    await run()
  } catch (error) {
    expect(error).toBeInstanceOf(SessionConfigError)
    return (error as Error).message
  }
  throw new Error('it was accepted')
}

describe('what others call it, wrong kinds and wrong words get one clear sentence at definition', () => {
  it.each<[options: unknown, says: RegExp]>([
    [{ maxage: 60 }, /^`maxage` is no option of session `session`\. Did you mean `maxAge`\?$/],
    [
      { secret: 'canary', resave: false, saveUninitialized: true },
      /`secret`.*ours is `secrets`.*`resave` and `saveUninit/,
    ],
    [{ password: 'canary' }, /ours is `secrets`/],
    [{ ttl: 60 }, /`maxAge`.*`idleTimeout`.*seconds/],
    [{ rolling: true }, /`idleTimeout` and `touchAfter`/],
    [{ httpOnly: true }, /`cookie: \{ httpOnly \}`/],
    [{ saved: () => 1 }, /`hooks: \{ saved \}`/],
    [{ cookie: { maxAge: 60 } }, /`cookie\.maxAge` is no option.*`maxAge` beside `cookie`/],
    [{ cookie: { secure: 'auto' } }, /`cookie\.secure` of session `session` is 'auto'; it is true or false/],
    [{ flashMode: 'next' }, /is 'next'; it is 'read' or 'next-request'/],
    [{ onLimit: 'reject' }, /is 'reject'; it is 'oldest' or 'refuse'/],
    [{ onStoreError: 'ignore' }, /is 'ignore'; it is 'throw' or 'anonymous'/],
    [{ onInvalid: 'ignore' }, /; it is 'hide-key', 'reset' or 'throw', or a function/],
    [{ autoCollect: 5 }, /`autoCollect`.*is a number; it is true or false, or an object `\{ every \}`/],
    [{ touchAfter: '5' }, /`touchAfter`.*is a string of 1 character; it is seconds/],
    [{ hooks: { onCreated() {} } }, /`hooks\.onCreated`.*Did you mean `created`\?/],
    [{ hooks: { created: 'x' } }, /`hooks\.created`.*; it is a function/],
    [{ store: 'redis' }, /`store`.*is a string of 5 characters; it is a store/],
    [{ store: new Map() }, /`store`.*is a Map; it is a store/],
    [{ store: {} }, /`store`.*is an object; it is a store/],
    [{ store: async () => memoryStore() }, /`store`.*is an async function.*cannot be waited for/],
    [{ store: Promise.resolve(memoryStore()) }, /`store`.*is a Promise.*Await it first/],
    [{ codec: cbor }, /`codec`.*is a function; it is a codec.*called/],
    [{ codec: 'json' }, /`codec`.*is a string of 4 characters; it is a codec/],
    [{ transforms: [] }, /`transforms`.*ours are `compress`, and `encrypt`/],
    [{ clock: 3 }, /`clock`.*is a number; it is a function/],
    [{ clock: () => new Date() }, /What `clock`.*returned is a Date; it is milliseconds/],
    [{ transport: 'header' }, /`transport`.*; it is a transport/],
    [{ subject: 'userid' }, /`subject`.*is `userid`, which is no key of its schema\. Did you mean `userId`\?/],
    [{ cookie: { name: '__Host-sid' } }, /`cookie\.name`.*without `__Host-`/],
    [{ name: '__Host-x' }, /`name`.*without `__Host-`/],
  ])('%o', async (options, says) => {
    const message = await messageOf(define(options))
    expect(message).toMatch(says)
    expect(message).not.toContain('canary')
  })

  it('several mistakes get a sentence each', async () => {
    const message = await messageOf(define({ maxage: 1, onLimit: 'x', cookie: { path: 3 } }))
    expect(message).toMatch(
      /`onLimit`.*`cookie\.path`.*`maxage`|`maxage`.*`onLimit`|`cookie\.path`.*`onLimit`.*`maxage`/,
    )
  })

  it('with() says that it was with()', async () => {
    const message = await messageOf(() => defineSession(schema).with({ maxage: 1 } as never))
    expect(message).toBe('`maxage` is no option of with() of session `session`. Did you mean `maxAge`?')
  })
})

describe('what a function gives is checked at first use, with the same sentences', () => {
  it.each<[options: object, says: RegExp]>([
    [{ store: () => new Map() }, /^What `store` of session `session` returned is a Map; it is a store/],
    [{ store: () => Promise.resolve(memoryStore()) }, /^What `store` .* is a Promise; it is a store.*Await it/],
    [{ signIds: true, secrets: () => 5 }, /^What `secrets` .* is a number; it is a secret/],
    [{ subject: () => ({ canary: 1 }) }, /^What `subject` .* is an object; it is a string/],
    [{ subject: () => Number.NaN }, /^What `subject` .* is NaN; it is a string/],
  ])('%o', async (options, says) => {
    const client = createTestClient(define(options)())
    const message = await messageOf(() => client.request((session) => session.set('userId', 1)))
    expect(message).toMatch(says)
    expect(message).not.toContain('canary')
  })

  it('also what onInvalid returns, before anything is reset', async () => {
    const store = memoryStore()
    const client = createTestClient(defineSession(schema, { store }))
    await client.request((session) => session.set('userId', 1))
    const changed = z.object({ userId: z.string().optional() })
    const later = createTestClient(defineSession(changed, { store, onInvalid: (() => undefined) as never }), {
      cookie: client.cookie,
    })
    expect(await messageOf(() => later.request((session) => session.get('userId')))).toMatch(/^What `onInvalid`/)
  })
})

describe('arguments of calls get the same sentences, and their values are never shown', () => {
  const definition = defineSession(schema, { subject: 'userId' })
  /** As JavaScript may call it. */
  type Loose = Readonly<Record<'remember' | 'setExpiry' | 'setCookieOptions', (argument: unknown) => void>>
  const inRequest = (run: (session: Loose) => unknown) => () => createTestClient(definition).request(run as never)

  it.each<[name: string, run: () => unknown, says: RegExp]>([
    ['remember', inRequest((s) => s.remember('canary')), /`remember\(\)` is a string of 6 characters; it is/],
    ['remember true', inRequest((s) => s.remember(true)), /`remember\(\)` is a boolean; it is whole seconds.*or false/],
    ['setExpiry', inRequest((s) => s.setExpiry({ canary: 1 })), /`setExpiry\(\)` is an object; it is whole seconds/],
    ['setExpiry 0', inRequest((s) => s.setExpiry(0)), /`setExpiry\(\)` is 0; it is whole seconds/],
    [
      'setCookieOptions',
      inRequest((s) => s.setCookieOptions({ secure: true })),
      /`secure` is no option.*`cookie` of the def/,
    ],
    [
      'requireRecent',
      inRequest((s) => requireRecent(s as never, 'canary' as never)),
      /is a string of 6 characters; it is seconds/,
    ],
    ['collectGarbage', () => definition.collectGarbage({ batch: 0 }), /`batch` of collectGarbage\(\) is 0; it is/],
    ['revoke nobody', () => definition.subjects.revoke(undefined as never), /is missing; it is a string/],
    [
      'revoke empty',
      () => definition.subjects.revoke(''),
      /is a string of 0 characters; it is a string that is not empty/,
    ],
    ['list', () => definition.subjects.list({ canary: 1 } as never), /is an object; it is a string/],
    ['except', () => definition.subjects.revoke(1, { except: 'canary' } as never), /`except`.*; it is a session/],
    ['exept', () => definition.subjects.revoke(1, { exept: 1 } as never), /Did you mean `except`\?/],
    ['redisStore', () => redisStore(undefined as never), /`options` of redisStore\(\) is missing; it is an object/],
    ['headerTransport', () => headerTransport('a b'), /; it is the name of a header/],
    ['seal', () => seal(5 as never), /`seal\(\)` is a number; it is a secret/],
    ['seal async', () => seal((async () => 'canary') as never), /is an async function/],
    ['secrets', () => seal([5 as never, generateSecret()]), /Secret 1 of 2 is a number/],
    [
      'migration',
      () => migration(schema, schema, (async () => ({})) as never),
      /`up` of migration.*is an async function/,
    ],
    ['migration from', () => migration({} as never, schema, () => ({})), /`from` of migration.*; it is a zod object/],
    ['register', () => typeRegistry().register('D', Date, {} as never), /; it is an object `\{ encode, decode \}`/],
  ])('%s', async (_, run, says) => {
    const message = await messageOf(run)
    expect(message).toMatch(says)
    expect(message).not.toContain('canary')
  })

  it('mutate reports itself', async () => {
    const client = createTestClient(definition)
    const late = await client.request((session) => session)
    expect(() => late.value.mutate('note' as never, () => undefined)).toThrow(/^mutate\('note'\)/)
    expect(() => late.value.update('note', () => 'x')).toThrow(/^update\('note'\)/)
  })
})
