import { describe, expect, it } from 'vitest'
import type { Client, ClusterSlots } from '../../../src/stores/redis/port.js'
import { matchingKeys } from '../../../src/stores/redis/walk.js'

const [one, two, three] = ['one', 'two', 'three'].map((id, i) => ['127.0.0.1', 7000 + i, id, []] as const)
type Node = NonNullable<typeof one>
const range = (from: number, to: number, ...nodes: (Node | undefined)[]) =>
  [from, to, ...nodes] as unknown as ClusterSlots[number]

/** A cluster whose nodes answer CLUSTER SLOTS one after the other with these. */
function clusterOf(...answers: ClusterSlots[]): Client {
  const server = {
    scan: async (): Promise<[string, string[]]> => ['0', ['a', 'b', 'a']],
    info: async () => 'run_id:0123\r\n',
  }
  return { servers: async () => [server], slots: async () => answers.shift() } as unknown as Client
}

async function keysOf(client: Client) {
  const keys: string[] = []
  for await (const page of matchingKeys(client, '*')) keys.push(...page)
  return keys
}

describe('a scan of a Redis Cluster', () => {
  const slots = [range(0, 99, one, three), range(100, 199, two)]
  it.each<[string, ClusterSlots]>([
    ['a replica has come', [range(0, 99, one, three), range(100, 199, two, three)]],
    ['a replica has gone', [range(0, 99, one), range(100, 199, two)]],
    ['another node lists the ranges in another order', [range(100, 199, two), range(0, 99, one, three)]],
    [
      'another node knows a master by another name',
      [range(0, 99, ['db', 1, 'one', []] as never), range(100, 199, two)],
    ],
  ])('goes on when %s', async (_, after) => {
    expect(await keysOf(clusterOf(slots, after))).toEqual(['a', 'b'])
  })

  it.each<[string, ClusterSlots]>([
    ['a master has taken over slots', [range(0, 49, one), range(50, 199, two)]],
    ['a replica has become the master', [range(0, 99, three, one), range(100, 199, two)]],
    ['slots are held by nobody', [range(0, 99, one)]],
  ])('fails when %s', async (_, after) => {
    await expect(keysOf(clusterOf(slots, after))).rejects.toThrow('took over slots')
  })
})
