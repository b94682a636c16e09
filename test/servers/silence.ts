import { expect } from 'vitest'
import { z } from 'zod'
import { defineSession } from '../../src/define.js'
import type { SessionStore } from '../../src/stores/port.js'
import { createTestClient } from '../../src/testing/test-client.js'

/** Short, so that a test is. */
export const storeTimeout = 1000

/** What recovers has done so by then, also on a busy machine. What does not takes minutes, or for ever. */
export const bounded = 15 * storeTimeout

/**
 * Sessions that are used while something happens to the network. After it requests go on, as they do in a live app; each
 * fails or ends within its time, and in the end all of them succeed, several times in a row.
 */
export async function recovers(store: SessionStore, happens: () => void, burst = 1): Promise<void> {
  const app = defineSession(z.object({ n: z.number().default(0) }), { store, storeTimeout, cookie: { secure: false } })
  const visitors = Array.from({ length: burst }, () => createTestClient(app))
  // One at first: a cluster of connections is opened by then.
  for (const visitor of visitors) await visitor.request((session) => session.set('n', 1))
  happens()
  const began = performance.now()
  const ask = () =>
    Promise.allSettled(
      visitors.map((visitor, i) =>
        visitor.request((session) => (i % 2 === 0 ? session.update('n', (n) => n + 1) : session.get('n'))),
      ),
    )
  const counts: number[] = []
  let lastFailure = 0
  while (performance.now() - began < 3 * storeTimeout) {
    counts.push((await ask()).filter(({ status }) => status === 'rejected').length)
    if (counts.at(-1) !== 0) lastFailure = performance.now() - began
  }
  console.log(`${burst} requests: at first ${counts[0]} failed, the last one after ${Math.round(lastFailure)} ms`)
  let succeeded = 0
  while (succeeded < 4) {
    const failures = (await ask()).filter(({ status }) => status === 'rejected')
    succeeded = failures.length === 0 ? succeeded + 1 : 0
    if (performance.now() - began > bounded) expect(failures).toEqual([])
  }
}
