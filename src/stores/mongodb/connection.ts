import type { MongoClient, MongoClientOptions } from 'mongodb'

/** What bounds the calls of a client that the store owns. A url that names one of these itself wins. */
const bounds: MongoClientOptions = {
  serverSelectionTimeoutMS: 5000,
  connectTimeoutMS: 5000,
  // A server that takes the request and then stays silent: without this, each such call keeps a connection for ever.
  socketTimeoutMS: 20_000,
  waitQueueTimeoutMS: 5000,
}

/** Opens a client that the store owns. */
export async function openClient(url: string, database: string) {
  const { MongoClient } = await import('mongodb')
  const named = new Set(Array.from(url.matchAll(/[?&](\w+)=/g), ([, name]) => name?.toLowerCase()))
  const options = Object.fromEntries(Object.entries(bounds).filter(([name]) => !named.has(name.toLowerCase())))
  const client: MongoClient = new MongoClient(url, options)
  try {
    await client.connect()
    return { db: client.db(database), close: () => client.close() }
  } catch (error) {
    await client.close()
    throw error
  }
}
