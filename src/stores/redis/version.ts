import type { Client } from './port.js'

export interface Version {
  /** `Redis 6.0.16` */
  readonly name: string
  readonly isTooOld: boolean
}

const known = new WeakMap<Client, Promise<Version | undefined>>()

/**
 * What a server is; undefined where it does not tell. Asked only after a failure, once for each client. INFO may be forbidden
 * to this user, or hidden by who runs the server, and HELLO is not known before 6.2 in this form.
 */
export function versionOf(client: Client): Promise<Version | undefined> {
  const asked = known.get(client) ?? ask(client)
  known.set(client, asked)
  return asked
}

async function ask(client: Client): Promise<Version | undefined> {
  const info = await client.info('server').catch(() => '')
  const [, valkey] = /^valkey_version:(\d[\d.]*)/m.exec(info) ?? []
  const [, redis] = /^redis_version:(\d[\d.]*)/m.exec(info) ?? []
  if (valkey !== undefined) return { name: `Valkey ${valkey}`, isTooOld: false }
  if (redis !== undefined) return { name: `Redis ${redis}`, isTooOld: isTooOld(redis) }
  // A map, as ioredis hands it out: names and values in turn, or an object.
  const hello = JSON.stringify(await client.hello().catch(() => ''))
  const [, found] = /"version"[,:]"(\d[\d.]*)"/.exec(hello) ?? []
  if (found === undefined) return undefined
  const isValkey = /"server"[,:]"valkey"/.test(hello)
  return { name: `${isValkey ? 'Valkey' : 'Redis'} ${found}`, isTooOld: !isValkey && isTooOld(found) }
}

function isTooOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major < 6 || (major === 6 && minor < 2)
}
