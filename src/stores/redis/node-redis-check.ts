/** What is looked at of a client of node-redis whose call has failed or got no answer. */
export interface Inspected {
  readonly isReady?: boolean
  sendCommand(args: readonly string[], options: { readonly typeMapping: object }): Promise<unknown>
  destroy?(): void
  connect?(): Promise<unknown>
}

interface InspectedCluster {
  readonly masters: readonly { readonly client?: Inspected }[]
  readonly _slots?: { rediscover?(startWith: never): Promise<void> }
}

/** How long a server that is asked whether it is there may take. */
const patienceMs = 1000

const checking = new WeakSet<object>()

/**
 * Looks whether the servers of a client are there. node-redis by itself goes on with a connection that has gone silent for as
 * long as the system does, and its cluster goes on with a master that is dead for ever: it learns of another one from the answer of
 * the old. A connection without an answer is made anew, and a cluster asks a living master who the others are.
 */
export function checkUp(redis: Inspected | InspectedCluster): void {
  if (checking.has(redis)) return
  checking.add(redis)
  void look(redis).finally(() => checking.delete(redis))
}

async function look(redis: Inspected | InspectedCluster): Promise<void> {
  const clients = 'masters' in redis ? redis.masters.flatMap(({ client }) => client ?? []) : [redis]
  const alive = await Promise.all(clients.map(isAlive))
  if (!('masters' in redis)) return
  const living = clients.find((_, i) => alive[i])
  if (living && alive.includes(false)) await redis._slots?.rediscover?.(living as never).catch(() => undefined)
}

/** A pool has no connection of its own to speak of: each of its clients is the affair of the pool. */
async function isAlive(client: Inspected): Promise<boolean> {
  if (client.isReady !== true) return client.isReady === undefined
  const answered = client.sendCommand(['PING'], { typeMapping: {} }).then(
    () => true,
    () => false,
  )
  const isHere = await Promise.race([answered, sleep(patienceMs)])
  if (isHere !== 'late') return isHere
  renew(client)
  return false
}

/** Everything that waits on the connection fails, as with any lost connection. */
function renew(client: Inspected): void {
  if (client.isReady !== true) return
  client.destroy?.()
  client.connect?.().catch(() => undefined)
}

function sleep(ms: number): Promise<'late'> {
  return new Promise((resolve) => setTimeout(resolve, ms, 'late' as const).unref())
}
