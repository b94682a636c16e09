import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readHeader } from '../../src/codec/envelope-header.js'
import type { FullStore, StoredRecord, StoreKey } from '../../src/stores/port.js'
import { postgresStore } from '../../src/stores/postgres.js'
import { sqliteStore } from '../../src/stores/sqlite.js'
import { makePlace } from '../chaos/places.mjs'
import { environmentOf, startFleet } from '../rollout/fleet.mjs'
import { guarded } from '../services/process.mjs'
import { service } from '../services/service.js'

/** The command and the servers run the built package, which `npm run test:long` builds first. */
const dist = new URL('../../dist/', import.meta.url).href
const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const app = fileURLToPath(new URL('../rollout/app.mjs', import.meta.url))
const USERS = Array.from({ length: 2000 }, (_, user) => user)
const KILLS = 5
const stores = [
  { kind: 'sqlite', server: { available: true, url: '' }, open: sqliteStore },
  { kind: 'postgres', server: service('postgres'), open: postgresStore },
] as const

async function recordsIn(store: FullStore): Promise<Map<StoreKey, StoredRecord>> {
  const records = new Map<StoreKey, StoredRecord>()
  for await (const { key, record } of store.scan('app:')) records.set(key, record)
  return records
}

describe.each(stores)('zession migrate that is killed five times in the middle, on $kind', ({ kind, server, open }) => {
  it.skipIf(!server.available)(
    'loses nothing, writes nothing twice, moves no deadline, and is run again to the end',
    async () => {
      const place = await makePlace(kind, server.url)
      const store = open(place.store.options as { url: string })
      const own = { dist, store: place.store }
      const errors: string[] = []
      const serve = (release: string) =>
        startFleet(own, { release, size: 1, onError: (_, line) => void errors.push(line) })
      const migrate = (...more: string[]) =>
        guarded(process.execPath, [main, 'migrate', `${app}#app`, '--json', '--batch', '25', ...more], {
          env: environmentOf(own, 'c'),
          stdio: ['ignore', 'pipe', 'inherit'],
        })
      try {
        const before = await serve('a1')
        const logins = USERS.map((user) => ({ op: { kind: 'login', user, value: `name-${user}` } }))
        const cookies = (await before.bulk(0, logins)).map(({ cookies }) => cookies[0]?.split(';')[0] ?? '')
        await before.stop()
        const first = await recordsIn(store)
        expect(first.size).toBe(USERS.length)

        /** What has been written so far, and how. */
        let written = new Map<StoreKey, StoredRecord>()
        async function look(): Promise<number> {
          const now = await recordsIn(store)
          expect(now.size).toBe(USERS.length)
          const all = [...now]
          const twice = [...written].filter(([key, { revision }]) => now.get(key)?.revision !== revision)
          expect(twice.length).toBe(0)
          expect(all.filter(([key, { expiresAt }]) => expiresAt !== first.get(key)?.expiresAt).length).toBe(0)
          written = new Map(all.filter(([key, { revision }]) => revision !== first.get(key)?.revision))
          expect([...written.values()].filter(({ bytes }) => readHeader(bytes).schemaVersion !== 3).length).toBe(0)
          return written.size
        }

        let done = 0
        for (let kill = 1; kill <= KILLS; kill++) {
          const child = migrate('--rate', '100')
          const ended = once(child, 'close')
          const most = done
          while ((await look()) < most + USERS.length / (KILLS + 2)) await sleep(10)
          child.kill('SIGKILL')
          const [code, signal] = await ended
          expect([code, signal]).toEqual([null, 'SIGKILL'])
          done = await look()
          expect(done).toBeGreaterThan(most)
          expect(done).toBeLessThan(USERS.length)
        }

        const last = migrate()
        let printed = ''
        last.stdout?.on('data', (text) => (printed += String(text)))
        expect(await once(last, 'close')).toEqual([0, null])
        const report = JSON.parse(printed) as Record<string, unknown>
        expect(report).toMatchObject({ rewritten: USERS.length - done, current: done, failed: 0, busy: 0 })
        expect(await look()).toBe(USERS.length)

        const after = await serve('c')
        const seen = await after.bulk(
          0,
          cookies.map((cookie) => ({ cookie, op: { kind: 'look' } })),
        )
        for (const user of USERS)
          expect(seen[user]).toMatchObject({ status: 200, report: { seen: { user, name: `name-${user}` } } })
        await after.stop()
        expect(errors).toEqual([])
      } finally {
        await store.close?.()
        await place.drop()
      }
    },
    300_000,
  )
})
