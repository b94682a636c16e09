import { StoreError } from '../../core/errors.js'
import type { Client, ClusterSlots, Server } from './port.js'

/** How many keys the server looks at for one page, and how many records are fetched at a time. */
const pageKeys = 500
const batchRecords = 64

/**
 * The keys that match, each once, in pages. Their names are held until the end: a server that makes its table smaller may
 * show a key twice.
 * @throws StoreError when a server was replaced meanwhile: the cursor of the old one means nothing to the new one
 */
export async function* matchingKeys(client: Client, pattern: string): AsyncGenerator<string[]> {
  const seen = new Set<string>()
  const fresh = (key: string) => seen.size < seen.add(key).size
  const before = ownersOf(await client.slots())
  for (const server of await client.servers()) {
    const running = await runOf(server)
    let cursor = '0'
    do {
      const [next, keys] = await server.scan(cursor, pattern, pageKeys)
      yield keys.filter(fresh)
      cursor = next
    } while (cursor !== '0')
    if ((await runOf(server)) !== running) throw replaced()
  }
  if (ownersOf(await client.slots()) !== before) throw replaced()
}

/** `items` in slices that are small enough to hold all their records at once. */
export function* batchesOf<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < items.length; from += batchRecords) yield items.slice(from, from + batchRecords)
}

async function runOf(server: Server): Promise<string | undefined> {
  return /^run_id:(\w+)/m.exec(await server.info('server'))?.[1]
}

/**
 * Which master holds which slots, of the answer to CLUSTER SLOTS. Replicas hold no scan's keys: they come, go and change their
 * order from node to node, and any node may have answered.
 * @see https://redis.io/docs/latest/commands/cluster-slots/
 */
function ownersOf(slots: ClusterSlots): string {
  const owners = slots.map(([from, to, [host, port, id]]) => `${from}-${to} ${id ?? `${host}:${port}`}`)
  return owners.toSorted().join()
}

function replaced(): StoreError {
  return new StoreError('A Redis server was replaced, or took over slots, during the scan. Run the scan again.')
}
