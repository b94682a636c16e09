import { SessionConfigError } from '../core/errors.js'
import { checkOptions } from '../core/options/check.js'
import { missingLibrary } from './failure.js'
import { openOnce } from './open-once.js'
import type {
  KeyedRecord,
  Movable,
  Scannable,
  SessionStore,
  StoreCallOptions,
  StoredRecord,
  StoreKey,
  SubjectIndex,
} from './port.js'
import { asClient, checkUrl, runScript } from './redis/client.js'
import { type Connection, givenConnection, openConnection } from './redis/connection.js'
import { failureOf } from './redis/failure.js'
import { callNames, fieldOf, indexedUntil, keyNames, recordOf, valueOf } from './redis/layout.js'
import { type RedisStoreOptions, redisRule } from './redis/options.js'
import type { Client } from './redis/port.js'
import {
  createScript,
  destroyScript,
  indexScript,
  moveScript,
  pruneScript,
  type Script,
  touchScript,
  updateScript,
} from './redis/scripts.js'
import { batchesOf, matchingKeys } from './redis/walk.js'

export type {
  NodeRedisClient,
  RedisClient,
  RedisClientOptions,
  RedisStoreOptions,
  RedisUrlOptions,
} from './redis/options.js'

/** What {@link redisStore} returns. It lacks `move` on a cluster, where two keys lie on two servers. `close` is final. */
export interface RedisStore extends SessionStore, Scannable, SubjectIndex, Partial<Movable> {
  close(): Promise<void>
}

/**
 * Keeps records in Redis 6.2 or newer, or in Valkey: on one server, behind Sentinel, or in a cluster. One round trip for
 * each call. A second one where the server has to be sent a script again (after its restart), where a touch moves a deadline
 * more than a day past what the index of the subject knows, and on a cluster where a record enters that index.
 *
 * Redis removes records by itself, ten minutes after their deadline.
 *
 * @throws SessionConfigError `ERR_SESSION_CONFIG` for a url, client or prefix that cannot be used.
 * Calls reject with SessionError `ERR_SESSION_MISSING_LIBRARY` when `ioredis` is not installed, and with StoreError
 * `ERR_SESSION_STORE` or the driver's own error otherwise. None of them holds a key or a byte of a session.
 * @example
 * const store = redisStore({ url: 'redis://localhost:6379' })
 * @example
 * const store = redisStore({ client: new Cluster([{ host: 'redis-1', port: 6379 }]) })
 * @example
 * const store = redisStore({ client: await createClient({ url: 'redis://localhost:6379' }).connect() })
 */
export function redisStore(options: RedisStoreOptions): RedisStore {
  checkOptions('redisStore()', redisRule, options)
  const { url, client: own, prefix = 'zession:' } = options
  if ((url === undefined) === (own === undefined)) {
    throw new SessionConfigError(
      'redisStore: give either url (the store connects) or client (one of ioredis or of node-redis).',
    )
  }
  if (url !== undefined) checkUrl(url)
  const given = url === undefined ? asClient(own) : undefined
  const names = keyNames(prefix)
  const nextCall = callNames()

  let open: Connection | undefined
  const connection = openOnce(
    'redisStore',
    async () => {
      open = given ? givenConnection(given) : await openConnection(url ?? '')
      return open
    },
    (opened) => {
      open = undefined
      return opened.close()
    },
  )

  const fail = (args: Record<string, unknown>) => async (error: unknown) => {
    throw (
      missingLibrary(error, 'redisStore', 'ioredis@6') ??
      (await failureOf(error, args, open?.client ?? given, open?.trouble))
    )
  }

  /** The client, once a call can be sent over it. */
  async function connected(signal: AbortSignal | undefined): Promise<Client> {
    const opened = await connection.get(signal)
    if (!opened.canSend(signal)) await opened.ready(signal)
    return opened.client
  }

  function call<T>(
    options: StoreCallOptions | undefined,
    args: Record<string, unknown>,
    run: (client: Client) => Promise<T>,
  ): Promise<T> {
    const outcome = open?.canSend(options?.signal) ? run(open.client) : connected(options?.signal).then(run)
    return outcome.catch(fail(args))
  }

  function read(key: StoreKey, callOptions?: StoreCallOptions): Promise<StoredRecord | undefined> {
    const value = open?.canSend(callOptions?.signal)
      ? open.client.get(names.record(key), callOptions?.signal)
      : connected(callOptions?.signal).then((client) => client.get(names.record(key), callOptions?.signal))
    // In one step, not through call: each promise more is felt where a session is only read.
    return value.then(storedIn, fail({ key }))
  }

  /** Runs a script over `keys`, and over the index of the subject too where one server holds them all. */
  async function withIndex(
    client: Client,
    script: Script,
    keys: readonly string[],
    args: readonly (string | Buffer)[],
    subject: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    const all = subject === undefined || client.isCluster ? keys : [...keys, names.index(subject)]
    return (await runScript(client, script, all, args, signal)) as Answer
  }

  const index = (client: Client, key: StoreKey, subject: string, untilMs: number) =>
    runScript(client, indexScript, [names.index(subject)], [key, `${untilMs}`])

  const create: SessionStore['create'] = (key, record, callOptions) => {
    const { subject, expiresAt } = record
    const value = valueOf(record, nextCall())
    return call(callOptions, { key, ...record }, async (client) => {
      if (client.isCluster && subject !== undefined) await index(client, key, subject, indexedUntil(expiresAt))
      return (await withIndex(client, createScript, [names.record(key)], [value, key], subject, callOptions?.signal)) as
        | 'ok'
        | 'exists'
    })
  }

  const update: SessionStore['update'] = (key, change, expected, callOptions) => {
    const { subject } = change
    const value = valueOf(change, nextCall())
    const deadline = change.expiresAt === 'keep' ? 'keep' : ''
    const [revision, owner] = [fieldOf(expected), subject === undefined ? '' : fieldOf(subject)]
    return call(callOptions, { key, ...change, expected }, async (client) => {
      for (let untilMs = 0; ; ) {
        const args = [revision, owner, value, deadline, `${untilMs}`, key]
        const answer = await withIndex(client, updateScript, [names.record(key)], args, subject, callOptions?.signal)
        if (!Array.isArray(answer)) return answer as 'ok' | 'conflict' | 'gone'
        untilMs = indexedUntil(Number(answer[1]))
        if (subject !== undefined) await index(client, key, subject, untilMs)
        callOptions?.signal?.throwIfAborted()
      }
    })
  }

  const touch: SessionStore['touch'] = (key, expiresAt, seen, callOptions) =>
    call(callOptions, { key, seen }, async (client) => {
      const revision = fieldOf(seen)
      for (let untilMs = 0; ; ) {
        const answer = (await runScript(
          client,
          touchScript,
          [names.record(key)],
          [revision, `${expiresAt}`, `${untilMs}`],
          callOptions?.signal,
        )) as Answer
        if (!Array.isArray(answer)) return answer === 'conflict' ? 'stale' : (answer as 'ok' | 'gone')
        untilMs = indexedUntil(expiresAt)
        await index(client, key, answer[1], untilMs)
        callOptions?.signal?.throwIfAborted()
      }
    })

  const destroy: SessionStore['destroy'] = (key, expected, callOptions) =>
    call(callOptions, { key, expected }, async (client) => {
      if (expected === undefined) {
        return Number(await client.del(names.record(key), callOptions?.signal)) > 0 ? 'ok' : 'gone'
      }
      const answer = await runScript(
        client,
        destroyScript,
        [names.record(key)],
        [fieldOf(expected)],
        callOptions?.signal,
      )
      return answer as 'ok' | 'conflict' | 'gone'
    })

  const move: Movable['move'] = (from, to, record, expected, callOptions) => {
    const value = valueOf(record, nextCall())
    const [keys, args] = [
      [names.record(from), names.record(to)],
      [fieldOf(expected), value, to],
    ]
    return call(callOptions, { from, to, ...record, expected }, async (client) => {
      return (await withIndex(client, moveScript, keys, args, record.subject, callOptions?.signal)) as
        | 'ok'
        | 'conflict'
        | 'gone'
    })
  }

  async function* scan(start: string): AsyncGenerator<KeyedRecord> {
    const client = await call(undefined, {}, async (opened) => opened)
    const outer = client.outerPrefix
    const named = outer.length + names.record('').length
    const pages = matchingKeys(client, names.pattern(outer, start))
    for (;;) {
      const page = await call(undefined, { start }, () => pages.next())
      if (page.done) return
      for (const batch of batchesOf(page.value)) {
        const keys = batch.map((name) => name.slice(named) as StoreKey)
        yield* found(keys, await Promise.all(keys.map((key) => read(key))))
      }
    }
  }

  async function* bySubject(subject: string): AsyncGenerator<KeyedRecord> {
    const place = names.index(subject)
    const members = await call(undefined, { subject }, (client) => client.members(place))
    for (const keys of batchesOf(members as StoreKey[])) {
      const records = await Promise.all(keys.map((key) => read(key)))
      for (const keyed of found(keys, records)) if (keyed.record.subject === subject) yield keyed
      const ended = keys.filter((_, i) => records[i] === undefined)
      if (ended.length > 0)
        await call(undefined, { subject, ended: ended.join() }, (client) => prune(client, place, ended))
    }
  }

  /** Where the index and the records lie on different servers nobody can do both at once: there they leave by their age. */
  async function prune(client: Client, place: string, ended: readonly StoreKey[]) {
    if (!client.isCluster) await runScript(client, pruneScript, [place, ...ended.map(names.record)], ended)
  }

  return {
    guarantees: { atomicUpdate: true, durable: true, shared: true, revocable: true },
    read,
    create,
    update,
    touch,
    destroy,
    scan,
    bySubject,
    close: () => connection.close(),
    ...(given?.isCluster ? {} : { move }),
  }
}

/** What a script answers: a word, or what to put into the index first. */
type Answer = string | readonly ['index', string]

const storedIn = (value: Buffer | null) => (value === null ? undefined : recordOf(value))

function* found(keys: readonly StoreKey[], records: readonly (StoredRecord | undefined)[]): Generator<KeyedRecord> {
  for (const [i, key] of keys.entries()) {
    const record = records[i]
    if (record) yield { key, record }
  }
}
