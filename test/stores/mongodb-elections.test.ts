import { EventEmitter } from 'node:events'
import fc from 'fast-check'
import type { MongoClient } from 'mongodb'
import { describe, expect, it } from 'vitest'
import { settledReads } from '../../src/stores/mongodb/elections.js'

/** What the driver tells of a replica set whose primary has won this election, if there is one. */
const description = (election: number | undefined) => ({
  servers: new Map([
    ['a', { type: 'RSSecondary', electionId: null }],
    ...(election === undefined
      ? []
      : [['b', { type: 'RSPrimary', electionId: { toHexString: () => `${election}` } }] as const]),
  ]),
})

/** A driver that repeats a read when the primary ends, and a primary that is up to date from its first probe on. */
function replicaSet(scheduler: fc.Scheduler, known: boolean) {
  const client = new EventEmitter()
  let election: number | undefined = known ? 0 : undefined
  let [elections, upToDate] = [0, -1]
  const tell = (next: number | undefined) => {
    const event = { previousDescription: description(election), newDescription: description(next) }
    election = next
    client.emit('topologyDescriptionChanged', event)
  }
  const answered = async (name: string) => {
    await scheduler.schedule(Promise.resolve(), name)
    // The driver waits for a primary before it sends anything.
    if (election === undefined) tell(elections)
    return election
  }
  return {
    client,
    settled: settledReads(client as MongoClient, async () => {
      upToDate = (await answered('probe')) ?? -1
    }),
    read: async () => ({ stale: (await answered('read')) !== upToDate }),
    lose: () => tell(undefined),
    elect: () => tell(++elections),
    find: () => election === undefined && tell(elections),
  }
}

describe('reads of a replica set that elects', () => {
  it.each([true, false])('law 2: none is answered from before an election (primary known: %s)', async (known) => {
    let overtaken = 0
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.constantFrom('read', 'lose', 'elect', 'find'), { minLength: 2, maxLength: 12 }),
        async (scheduler, steps) => {
          const set = replicaSet(scheduler, known)
          const answers: Promise<{ stale: boolean }>[] = []
          let sent = 0
          const sequence = scheduler.scheduleSequence(
            steps.map((step) => async () => {
              if (step !== 'read') return void set[step]()
              const asked = () => {
                sent++
                return set.read()
              }
              answers.push(set.settled(asked))
            }),
          )
          const all = sequence.task.then(() => Promise.all(answers))
          for (const { stale } of await scheduler.waitFor(all)) expect(stale).toBe(false)
          expect(answers).toHaveLength(steps.filter((step) => step === 'read').length)
          if (sent > answers.length) overtaken++
        },
      ),
      { numRuns: 500 },
    )
    // Without reads that met an election on their way, the property would say little.
    expect(overtaken).toBeGreaterThan(50)
  })

  it('has one listener for each client, and one probe for all stores that use it', async () => {
    const client = new EventEmitter()
    let probes = 0
    for (let i = 0; i < 20; i++) {
      const settled = settledReads(client as MongoClient, async () => ++probes)
      expect(await settled(async () => 'answer')).toBe('answer')
    }
    expect(client.listenerCount('topologyDescriptionChanged')).toBe(1)
    expect(probes).toBe(1)
  })
})
