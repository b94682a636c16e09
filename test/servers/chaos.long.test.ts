import { describe, expect, it } from 'vitest'
import { check, type LawNumber } from '../chaos/checker.mjs'
import { makePlace } from '../chaos/places.mjs'
import { printViolation } from '../chaos/print.mjs'
import { runChaos } from '../chaos/run.mjs'
import { service } from '../services/service.js'

/** The processes run the built package, which `npm test` builds first. */
const dist = new URL('../../dist/', import.meta.url).href
const present = { available: true, url: '', version: 'in this machine' }
const stores = [
  { kind: 'memory', server: present },
  { kind: 'sqlite', server: present },
  { kind: 'file', server: present },
  { kind: 'lmdb', server: present },
  { kind: 'redis', server: service('redis') },
  { kind: 'postgres', server: service('postgres') },
  { kind: 'mysql', server: service('mariadb') },
  { kind: 'mongodb', server: service('mongodb') },
] as const

/** Fewer checks than this would mean that a law was hardly tried. */
const least: Readonly<Record<LawNumber, number>> = {
  1: 500,
  2: 50,
  3: 50,
  5: 50,
  6: 1,
  9: 50,
  10: 50,
  lock: 1,
  limit: 1,
  leak: 50,
}

async function holds(options: Omit<Parameters<typeof runChaos>[0], 'dist' | 'seed' | 'requests'>): Promise<void> {
  const history = await runChaos({ dist, seed: 1, requests: 1200, ...options })
  const { violations, checked } = check(history)
  const [violation] = violations
  if (violation) throw new Error(printViolation(history, violation))
  expect(history.entries.length).toBeGreaterThan(1200)
  for (const law of [1, 2, 3, 5, 6, 9, 10] as const) expect(checked[law]).toBeGreaterThanOrEqual(least[law])
}

describe.each(stores)('J1 J3 J9 J12 J14: the laws in the large, $kind', ({ kind, server }) => {
  it.skipIf(!server.available)(
    'hold between processes that serve by h3 v1, h3 v2, Express and a web handler, crashes included',
    async () => {
      const place = await makePlace(kind, server.url)
      try {
        const [processes, crashes] = place.shared ? [2, 1] : [1, 0]
        await holds({ store: place.store, processes, crashes })
      } finally {
        await place.drop()
      }
    },
    300_000,
  )
})
