let warned = false

/** Says, once in a process, that a client of ioredis will never give up a connection that has gone silent. */
export function warnOfSilence(): void {
  if (warned) return
  warned = true
  console.warn(
    'zession: a call to Redis got no answer in time, and this client has no `socketTimeout`: ioredis keeps using a connection that has gone silent. Set `socketTimeout` (in a Cluster: `redisOptions: { socketTimeout }`); see docs/stores/redis.md.',
  )
}
