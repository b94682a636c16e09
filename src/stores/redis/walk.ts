import { StoreError } from '../../core/errors.js'
import type { Client, ClusterClient } from './client.js'

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
  const before = await slotsOf(client)
  for (const server of serversOf(client)) {
    const running = await runOf(server)
    let cursor = '0'
    do {
      const [next, keys] = await server.scan(cursor, 'MATCH', pattern, 'COUNT', pageKeys)
      yield keys.filter(fresh)
      cursor = next
    } while (cursor !== '0')
    if ((await runOf(server)) !== running) throw replaced()
  }
  if ((await slotsOf(client)) !== before) throw replaced()
}

/** `items` in slices that are small enough to hold all their records at once. */
export function* batchesOf<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < items.length; from += batchRecords) yield items.slice(from, from + batchRecords)
}

function serversOf(client: Client): Client[] {
  if (!isCluster(client)) return [client]
  const masters = client.nodes('master')
  if (masters.length === 0) throw new StoreError('The Redis Cluster has no masters: it cannot be scanned.')
  return masters
}

/** Which server holds which slots, as text; also connects, without which no node is known. */
async function slotsOf(client: Client): Promise<string> {
  return isCluster(client) ? JSON.stringify(await client.cluster('SLOTS')) : ''
}

async function runOf(server: Client): Promise<string | undefined> {
  return /^run_id:(\w+)/m.exec(await server.info('server'))?.[1]
}

const isCluster = (client: Client): client is ClusterClient => client.isCluster

function replaced(): StoreError {
  return new StoreError('A Redis server was replaced, or took over slots, during the scan. Run the scan again.')
}
