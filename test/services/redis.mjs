import { requireBinaries } from './binaries.mjs'
import { freePort, launch, makeFolder } from './process.mjs'

/** @type {typeof import('./redis.mjs').startRedis} */
export async function startRedis({ durable = true } = {}) {
  const server = await startRedisNode(durable ? ['--appendonly', 'yes', '--appendfsync', 'always'] : [])
  const url = `redis://127.0.0.1:${server.port}`
  return Object.assign(server, { url, version: await redisVersion(url) })
}

/** @type {typeof import('./redis.mjs').startRedisNode} */
export async function startRedisNode(extra = []) {
  const binaries = requireBinaries('redis')
  const [folder, port] = [makeFolder('redis'), await freePort()]
  const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, '--save', '', ...extra]
  const server = await launch({
    command: binaries['redis-server'],
    args,
    ready: /Ready to accept connections/,
    folder,
  })
  return Object.assign(server, { port, args })
}

/** @type {typeof import('./redis.mjs').redisVersion} */
export async function redisVersion(url) {
  const info = await askRedis(url, 'info', 'server')
  const valkey = /^valkey_version:(\S+)/m.exec(info)
  return valkey ? `Valkey ${valkey[1]}` : `Redis ${/^redis_version:(\S+)/m.exec(info)?.[1]}`
}

/** @type {typeof import('./redis.mjs').askRedis} */
export async function askRedis(url, command, ...args) {
  const { Redis } = await import('ioredis')
  const client = new Redis(url, {
    lazyConnect: true,
    retryStrategy: null,
    connectTimeout: 2000,
    commandTimeout: 10_000,
  })
  // What goes wrong rejects the call as well.
  client.on('error', () => {})
  try {
    await client.connect()
    return await client.call(command, ...args)
  } finally {
    client.disconnect()
  }
}

/** @type {typeof import('./redis.mjs').redisInfo} */
export async function redisInfo(url, section) {
  const text = await askRedis(url, 'info', section)
  return Object.fromEntries(
    text
      .split('\r\n')
      .filter((line) => line.includes(':'))
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  )
}
