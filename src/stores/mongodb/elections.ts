import type { MongoClient, TopologyDescription, TopologyDescriptionChangedEvent } from 'mongodb'

/** Runs a read, and answers what it answers once nothing that a former primary acknowledged can be missing from it. */
export type SettledReads = <T>(read: () => Promise<T>, signal?: AbortSignal) => Promise<T>

/**
 * A primary that was just elected has all that its predecessor acknowledged, but does not know yet that a majority has
 * it: until a first write of its own is there too, `readConcern: 'majority'` answers from before, and shows a session
 * that was ended. So a linearizable read goes first, which waits for that write; one for each election, because each
 * writes to the oplog.
 * https://www.mongodb.com/docs/manual/reference/read-concern-linearizable/
 *
 * Behind mongos or a load balancer the driver sees no elections.
 *
 * @param probe a linearizable read
 * @param former a client of the same servers: what it has learned need not be asked again, which would take a majority
 */
export function settledReads(
  client: MongoClient,
  probe: (signal?: AbortSignal) => Promise<unknown>,
  former?: MongoClient,
): SettledReads {
  const elections = electionsOf(client, former)
  return async (read, signal) => {
    for (;;) {
      const now = elections.count
      if (elections.settled !== now) {
        await probe(signal)
        elections.settled = now
      }
      const answer = await read()
      // The driver repeats a read that met the end of a primary, and the next one may have answered.
      if (elections.count === now) return answer
    }
  }
}

interface Elections {
  count: number
  /** The count at which a linearizable read was last sent and answered. */
  settled: number
  /** The last election that was heard of. */
  last?: string | undefined
}

const watched = new WeakMap<MongoClient, Elections>()

/** One listener for each client, however many stores use it; it lives as long as the client. */
function electionsOf(client: MongoClient, former: MongoClient | undefined): Elections {
  const known = watched.get(client)
  if (known) return known
  const elections: Elections = { ...((former && watched.get(former)) ?? { count: 0, settled: -1 }) }
  watched.set(client, elections)
  client.on(
    'topologyDescriptionChanged',
    ({ previousDescription, newDescription }: TopologyDescriptionChangedEvent) => {
      const before = elections.last ?? primaryOf(previousDescription)
      elections.last = primaryOf(newDescription) ?? before
      // The first one is no change: whatever the driver has sent before it was known waits for it.
      if (before !== undefined && elections.last !== before) elections.count++
    },
  )
  return elections
}

/** The election that made it. */
function primaryOf({ servers }: TopologyDescription): string | undefined {
  for (const { type, electionId } of servers.values()) if (type === 'RSPrimary') return electionId?.toHexString()
  return undefined
}
