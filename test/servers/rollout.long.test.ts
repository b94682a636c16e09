import { describe, expect, it } from 'vitest'
import { makePlace } from '../chaos/places.mjs'
import { type Fault, isFlawless, runRollout } from '../rollout/run.mjs'
import { service } from '../services/service.js'

/** The servers run the built package, which `npm run test:long` builds first. */
const dist = new URL('../../dist/', import.meta.url).href
const stores = [
  { kind: 'sqlite', server: { available: true, url: '' } },
  { kind: 'postgres', server: service('postgres') },
  { kind: 'redis', server: service('redis') },
] as const

async function rollOut(kind: (typeof stores)[number]['kind'], url: string, fault?: Fault) {
  const size = fault ? { sessions: 60, seconds: 2, fault } : { sessions: 200, seconds: 5 }
  const place = await makePlace(kind, url)
  try {
    return await runRollout({ dist, store: place.store, ...size })
  } finally {
    await place.drop()
  }
}

describe.each(stores)(
  'releases with other schemas, codecs and secrets, deployed and rolled back, on $kind',
  (store) => {
    const { kind, server } = store
    it.skipIf(!server.available)(
      'log nobody out, lose no write and deliver a flash once',
      async () => {
        const { counts, findings } = await rollOut(kind, server.url)
        expect([...findings]).toEqual([])
        expect(isFlawless(counts), JSON.stringify(counts)).toBe(true)
        expect(counts.requests).toBeGreaterThan(800)
      },
      300_000,
    )
  },
)

describe('a rollout with a mistake of the app is reported', () => {
  it.each([
    ['skips a release', 'failed'],
    ['resets what is newer', 'logouts'],
    ['forgets the old secret', 'failed'],
  ] as const)(
    '%s: %s',
    async (fault, count) => {
      const { counts, findings } = await rollOut('sqlite', '', fault)
      expect(counts[count]).toBeGreaterThan(0)
      expect(findings.size).toBeGreaterThan(0)
    },
    300_000,
  )
})
