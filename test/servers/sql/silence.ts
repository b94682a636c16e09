import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSettledStore } from '../../../src/session/store/settled-store.js'
import { createDatabase, type Database, uniqueName } from '../../services/databases.js'
import { fullServer } from '../../services/full-server.js'
import { until } from '../../services/process.mjs'
import { tcpProxy } from '../../services/tcp-proxy.js'
import { bounded, storeTimeout } from '../silence.js'
import { key, record, revision, type SqlKind } from './kind.js'

/** What the stores give a call that has no limit of its own. */
const longestCall = 30_000
const slow = { timeout: 300_000 }

/** What both stores survive on their own connections: a network that says nothing, and one that never gets that far. */
export function sqlSilence(kind: SqlKind): void {
  const { factory } = kind
  let database: Database
  beforeAll(async () => {
    database = await createDatabase(kind.kind, kind.server.url)
  })
  afterAll(() => database?.drop())

  async function withProxy(
    run: (proxy: Awaited<ReturnType<typeof tcpProxy>>, store: ReturnType<typeof createSettledStore>) => Promise<void>,
  ) {
    const proxy = await tcpProxy(database.url)
    const store = kind.byUrl(proxy.through(database.url), uniqueName())
    try {
      await run(proxy, createSettledStore(store, 'session', storeTimeout))
    } finally {
      await store.close()
      await proxy.close()
    }
  }

  /** How long until the store answers again, asked one request after the other. */
  async function recovery(store: ReturnType<typeof createSettledStore>, began = performance.now()) {
    for (;;) {
      const answered = await store.read(key('a')).then(
        () => true,
        () => false,
      )
      const took = performance.now() - began
      if (answered || took > 20 * storeTimeout) return took
    }
  }

  const many = (count: number, store: ReturnType<typeof createSettledStore>) =>
    Promise.allSettled([...Array(count).keys()].map(() => store.read(key('a'))))
  const failed = (results: PromiseSettledResult<unknown>[]) =>
    results.filter(({ status }) => status === 'rejected').length

  const allAnswered = (store: ReturnType<typeof createSettledStore>) =>
    until('all of fifty are answered', async () => failed(await many(50, store)) === 0)

  describe(`${factory} gives up connections that got no answer`, () => {
    it('when idle ones went silent, asked one request after the other', slow, async () => {
      await withProxy(async (proxy, store) => {
        await store.create(key('a'), record('a'))
        await allAnswered(store)
        proxy.silence()
        expect(await recovery(store)).toBeLessThan(bounded)
        await allAnswered(store)
      })
    })

    it('when busy ones go silent under a burst', slow, async () => {
      await withProxy(async (proxy, store) => {
        await store.create(key('a'), record('a'))
        await allAnswered(store)
        const began = performance.now()
        proxy.silence()
        expect(failed(await many(50, store))).toBeGreaterThan(0)
        await recovery(store, began)
        await allAnswered(store)
        expect(performance.now() - began).toBeLessThan(bounded)
        // Those that were given up are closed here, whatever the other end knows.
        await until('the new ones are as many as a pool has', () => proxy.connections <= 20)
      })
    })

    it('when walks of a subject and calls without a limit of time wait among them', slow, async () => {
      await withProxy(async (proxy, store) => {
        await store.create(key('a'), record('a', { subject: 'ann' }))
        await allAnswered(store)
        proxy.silence()
        const began = performance.now()
        const walks = [...Array(20).keys()].map(() => store.bySubject('ann')[Symbol.asyncIterator]().next())
        await Promise.all([Promise.allSettled(walks), many(20, store)])
        await recovery(store, began)
        expect(performance.now() - began).toBeLessThan(longestCall + bounded)
      })
    })

    it('when the server accepts new ones and never speaks, from the first call on', slow, async () => {
      await withProxy(async (proxy, store) => {
        proxy.mute()
        const began = performance.now()
        expect(failed(await many(50, store))).toBe(50)
        await proxy.heal()
        await recovery(store, began)
        expect(performance.now() - began).toBeLessThan(bounded)
        await allAnswered(store)
      })
    })

    it('when the system answers no attempt to connect, neither yes nor no', slow, async () => {
      const full = await fullServer()
      const url = new URL(database.url)
      ;[url.hostname, url.port] = ['127.0.0.1', `${full.port}`]
      const own = kind.byUrl(url.href, uniqueName())
      const store = createSettledStore(own, 'session', storeTimeout)
      for (let round = 0; round < 2; round++) {
        const began = performance.now()
        expect(failed(await many(20, store))).toBe(20)
        // A read is asked for twice at most.
        expect(performance.now() - began).toBeLessThan(bounded)
      }
      await full.stop()
      const began = performance.now()
      await own.close()
      expect(performance.now() - began).toBeLessThan(bounded)
    })

    it('without leaving sessions behind on a server that is only slow', slow, async () => {
      const table = uniqueName()
      const own = kind.byUrl(database.url, table)
      const store = createSettledStore(own, 'session', 300)
      await store.create(key('a'), record('a'))
      const other = await kind.client(database.url)
      await other.run('begin')
      await other.run(`update ${table} set expires_at = 5`)
      for (let round = 0; round < 8; round++) {
        const calls = [...Array(20).keys()].map(() => store.touch(key('a'), 7, revision('revision-a')))
        expect(failed(await Promise.allSettled(calls))).toBe(20)
      }
      const watcher = await kind.client(database.url)
      const question =
        factory === 'postgresStore'
          ? `select count(*)::int as n from pg_stat_activity where query like '%${table}%' and query not like '%pg_stat%'`
          : `select count(*) as n from information_schema.processlist where db = database()`
      await until('they are gone', async () => ((await watcher.run(question)) as { n: number }[])[0]!.n <= 25)
      await other.run('rollback')
      expect(failed(await many(20, store))).toBe(0)
      await Promise.all([own.close(), other.end(), watcher.end()])
    })

    it('and closes while connections are silent', slow, async () => {
      await withProxy(async (proxy, store) => {
        await store.create(key('a'), record('a'))
        await many(20, store)
        proxy.silence()
        void many(5, store)
        // The test ends only when `withProxy` has closed the store.
      })
    })
  })

  describe(`${factory} and a server that cannot be reached`, () => {
    const failureOf = async (url: string) => {
      const store = kind.byUrl(url)
      const error = await store.read(key('a')).then(
        () => 'no error',
        (failure: unknown) => failure,
      )
      await store.close()
      return error
    }

    it.each(['ECONNREFUSED', 'ENOTFOUND', 'a wrong database', 'an unknown user'])(
      'names its host and port and the code, and neither user nor password: %s',
      async (what) => {
        const url = new URL(database.url)
        url.username = 'secretuser'
        url.password = 'secretword'
        if (what === 'ECONNREFUSED') {
          const closed = createServer().listen(0, '127.0.0.1')
          await new Promise((listening) => closed.once('listening', listening))
          url.port = `${(closed.address() as { port: number }).port}`
          await new Promise((ended) => closed.close(ended))
        }
        if (what === 'ENOTFOUND') url.hostname = 'no-such-host.invalid'
        if (what === 'a wrong database') {
          ;[url.username, url.password] = [new URL(database.url).username, new URL(database.url).password]
          url.pathname = '/no_such_database'
        }
        const code = what.startsWith('E') ? what : kind.refusals[what as keyof typeof kind.refusals]
        const error = await failureOf(url.href)
        expect(error).toMatchObject({
          code: 'ERR_SESSION_STORE',
          message: expect.stringMatching(
            `${url.hostname}:${url.port}.*${code.replace('ENOTFOUND', '(ENOTFOUND|EAI_AGAIN)')}`,
          ),
        })
        const text = `${(error as Error).message} ${String((error as Error).cause)}`
        expect(text).not.toContain('secretuser')
        expect(text).not.toContain('secretword')
      },
    )
  })
}
