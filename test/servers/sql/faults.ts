import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineSession } from '../../../src/define.js'
import { createTestClient } from '../../../src/testing/test-client.js'
import { createDatabase, uniqueName } from '../../services/databases.js'
import { makeFolder, removeFolder, type Server, until } from '../../services/process.mjs'
import { runProcess } from '../../services/run-process.js'
import { tcpProxy } from '../../services/tcp-proxy.js'
import { expectFourToCount } from '../../support/count-together.js'
import { copyPackageAlone } from '../../support/package-alone.js'
import { storeProcesses } from '../../support/store-process.js'
import { key, record, revision, type SqlKind } from './kind.js'

const slow = { timeout: 300_000 }
const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes)

/** What both stores survive, on a server of their own. They run the built package in other processes. */
export function sqlFaults(kind: SqlKind, start: () => Promise<Server>): void {
  const { factory } = kind
  let server: Server
  beforeAll(async () => {
    server = await start()
  })
  afterAll(() => server?.stop())

  async function withDatabase(run: (url: string) => Promise<void>) {
    const database = await createDatabase(kind.kind, server.url)
    try {
      await run(database.url)
    } finally {
      await database.drop()
    }
  }

  const processes = (url: string) => storeProcesses(factory.replace('Store', ''), { url })

  describe(`${factory} in several processes`, () => {
    it('adds up 4 processes of 250 increments each to 1000', slow, async () => {
      await withDatabase(async (url) => {
        const store = kind.byUrl(url)
        await expectFourToCount(processes(url), store)
        await store.close()
      })
    })

    it('creates its table once when 4 processes start together', slow, async () => {
      for (let round = 0; round < 3; round++) {
        await withDatabase(async (url) => {
          await processes(url).fourTimes('open')
        })
      }
    })
  })

  describe(`${factory} without its libraries`, () => {
    it('imports, and the first call names the command that installs them', async () => {
      const alone = makeFolder('alone')
      await copyPackageAlone(alone)
      const [file, driver] = factory === 'postgresStore' ? ['postgres', 'pg'] : ['mysql', 'mysql2']
      const script = join(alone, 'ask.mjs')
      await writeFile(
        script,
        `const { ${factory} } = await import('./stores/${file}.js')
         const methods = 'select insert update delete execute ${factory === 'postgresStore' ? 'refreshMaterializedView' : ''}'.trim().split(' ')
         const db = Object.fromEntries(methods.map((name) => [name, () => {}]))
         for (const options of [{ url: '${server.url}' }, { db }])
           await ${factory}(options).read('k').catch(({ code, message }) => console.log(JSON.stringify([code, message])))`,
      )
      const { messages } = await runProcess(script).ended
      expect(messages).toEqual([
        ['ERR_SESSION_MISSING_LIBRARY', expect.stringMatching(`npm install drizzle-orm@0 ${driver}@\\d$`)],
        ['ERR_SESSION_MISSING_LIBRARY', expect.stringMatching(/npm install drizzle-orm@0$/)],
      ])
      removeFolder(alone)
    })
  })

  describe(`${factory} when its server is killed`, () => {
    it('loses no acknowledged write of a process that goes on writing, and both recover', slow, async () => {
      await withDatabase(async (url) => {
        const store = kind.byUrl(url)
        await store.create(key('last'), record('0'))
        const writer = processes(url).start('creates and updates')
        for (let round = 1; round <= 3; round++) {
          const so = writtenBy(writer.messages).length
          await until('the writer goes on', () => writtenBy(writer.messages).length > so + 20)
          await server.kill()
          await until('the writer notices', () => failedOf(writer.messages) >= round)
          // This process holds idle connections that have died.
          await expect(store.read(key('last'))).rejects.toThrow()
          await server.restart()
          await until('this process recovers', async () => (await store.read(key('last'))) !== undefined)
        }
        const so = writtenBy(writer.messages).length
        await until('the writer recovers', () => writtenBy(writer.messages).length > so + 20)
        writer.kill()
        const { messages } = await writer.ended
        const written = writtenBy(messages)
        const missing: number[] = []
        for (const i of written) if (text((await store.read(key(`made:${i}`)))?.bytes) !== `made ${i}`) missing.push(i)
        expect(missing).toEqual([])
        expect(Number(text((await store.read(key('last')))?.bytes))).toBeGreaterThanOrEqual(written.at(-1) ?? 1)
        console.log(`${factory}: ${written.length} acknowledged writes, ${failedOf(messages)} failed calls, none lost`)
        await store.close()
      })
    })
  })

  describe(`${factory} when its connection breaks`, () => {
    it('rejects the call whose answer was lost, which may have happened, and goes on', slow, async () => {
      await withDatabase(async (url) => {
        const proxy = await tcpProxy(url)
        const table = uniqueName()
        const store = kind.byUrl(proxy.through(url), table)
        const direct = kind.byUrl(url, table)
        const [mine, old] = [key('key-of-mine'), record('old-bytes')]
        await store.create(mine, old)
        const lost = proxy.loseAnswer('update')
        const change = record('new-bytes')
        const failed = store.update(mine, change, old.revision)
        await expect(failed).rejects.toThrow()
        await lost
        // The writer can tell by the version, which it made, that the write was its own.
        await until('the server has applied it', async () => (await direct.read(mine))?.revision === change.revision)
        expect(await store.read(mine)).toEqual(change)
        expect(await store.update(mine, record('late'), old.revision)).toBe('conflict')
        await Promise.all([store.close(), direct.close()])
        await proxy.close()
      })
    })

    it('recovers when every connection is cut, idle or busy', slow, async () => {
      await withDatabase(async (url) => {
        const proxy = await tcpProxy(url)
        const store = kind.byUrl(proxy.through(url))
        await store.create(key('a'), record('a'))
        for (let round = 0; round < 5; round++) {
          await Promise.all([...Array(20).keys()].map(() => store.read(key('a'))))
          const busy = [...Array(20).keys()].map(() => store.read(key('a')))
          if (round % 2) proxy.cut()
          await Promise.allSettled(busy)
          proxy.cut()
          await until('it recovers', async () => (await store.read(key('a'))) !== undefined)
        }
        await proxy.refuse()
        await expect(store.touch(key('a'), 1, revision('revision-a'))).rejects.toThrow()
        await proxy.heal()
        expect(await store.touch(key('a'), 1, revision('revision-a'))).toBe('ok')
        await store.close()
        await proxy.close()
      })
    })

    it('costs no request that begins right after idle connections were cut', slow, async () => {
      await withDatabase(async (url) => {
        const proxy = await tcpProxy(url)
        const definition = defineSession(z.object({ n: z.number() }), { store: kind.byUrl(proxy.through(url)) })
        const browser = createTestClient(definition)
        await browser.request((session) => session.set('n', 1))
        const look = () => browser.request((session) => session.get('n'))
        for (const requests of [1, 10, 3, 1, 10]) {
          await Promise.all(Array.from({ length: 10 }, look))
          // What is still being opened would fail as well.
          await until('all is idle', async () => (await settled(proxy)) > 0)
          proxy.cut()
          const answers = await Promise.all(Array.from({ length: requests }, look))
          expect(answers.map(({ value }) => value)).toEqual(Array.from({ length: requests }, () => 1))
        }
        await definition.close()
        await proxy.close()
      })
    })
  })
}

/** How many connections there are, once that has been so for a while. */
async function settled(proxy: { readonly connections: number }): Promise<number> {
  const before = proxy.connections
  await sleep(100)
  return before === proxy.connections ? before : 0
}

function writtenBy(messages: readonly unknown[]): number[] {
  return messages.flatMap((message) =>
    'written' in (message as object) ? (message as { written: number }).written : [],
  )
}

function failedOf(messages: readonly unknown[]): number {
  return messages.filter((message) => 'failed' in (message as object)).length
}
