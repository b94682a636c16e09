import type { Db, MongoClient, MongoClientOptions } from 'mongodb'
import { mongodbFailure } from './failure.js'

/**
 * What bounds the calls of a client that the store owns. A url that names one of these itself wins.
 * https://www.mongodb.com/docs/drivers/node/current/connect/connection-options/
 *
 * None of them heals a silent connection: the driver keeps its others after a `socketTimeoutMS`, as the specification asks, and
 * learns of a silent server by its monitor alone, after `heartbeatFrequencyMS` and `connectTimeoutMS`. See silence.ts.
 * https://github.com/mongodb/specifications/blob/master/source/server-discovery-and-monitoring/server-discovery-and-monitoring.md
 */
const bounds: MongoClientOptions = {
  // Under the `storeTimeout` that most have, so that they read why there is no server and not only that there was no answer.
  serverSelectionTimeoutMS: 3000,
  connectTimeoutMS: 5000,
  // For what has no other limit: a write, whose server took it and then stays silent.
  socketTimeoutMS: 20_000,
  waitQueueTimeoutMS: 5000,
}

/** A client that the store owns, and what it makes of it. */
export interface OwnClient<T> {
  readonly client: MongoClient
  readonly resource: T
  close(): Promise<void>
}

/**
 * Opens a client that the store owns.
 * @param prepare makes the resource before the client connects, so that it hears of all that happens
 * @param complete what is to be done first over the open client
 * @throws the reason of `signal`, as soon as it aborts
 */
export async function openClient<T>(
  url: string,
  database: string,
  prepare: (db: Db) => T,
  complete: (resource: T) => Promise<unknown> | undefined,
  signal: AbortSignal | undefined,
): Promise<OwnClient<T>> {
  const { MongoClient } = await import('mongodb')
  const named = new Set(Array.from(url.matchAll(/[?&](\w+)=/g), ([, name]) => name?.toLowerCase()))
  const options = Object.fromEntries(Object.entries(bounds).filter(([name]) => !named.has(name.toLowerCase())))
  const client: MongoClient = new MongoClient(url, options)
  const resource = prepare(client.db(database))
  const close = () => closeSoon(client)
  // Ends what waits for the client, too.
  const giveUp = () => void close()
  try {
    signal?.throwIfAborted()
    signal?.addEventListener('abort', giveUp)
    await client.connect()
    await complete(resource)
    signal?.throwIfAborted()
    return { client, resource, close }
  } catch (error) {
    await close()
    signal?.throwIfAborted()
    const { username: user, password } = client.options.credentials ?? {}
    throw mongodbFailure(error, { user, password }, client)
  } finally {
    signal?.removeEventListener('abort', giveUp)
  }
}

const closeMs = 2000

/** Goodbye goes over a connection that may be silent, and then nobody waits for its end. */
async function closeSoon(client: MongoClient): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, closeMs)
  })
  await Promise.race([client.close(), late])
  clearTimeout(timer)
}
