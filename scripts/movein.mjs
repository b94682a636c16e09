// npm run movein [users] [servers] [visits] [keep|end]: an express-session app over Redis is replaced server by server, under
// load. Prints what became of the users, and fails when one was logged out or lost a cart.

import { startRedis } from '../test/services/redis.mjs'
import { moveExpress } from '../test/support/movein.mjs'

const [users = '10000', servers = '4', visits = '40000', old = 'keep'] = process.argv.slice(2)
const redis = await startRedis({ durable: false })
try {
  const counts = await moveExpress({
    url: redis.url,
    users: Number(users),
    servers: Number(servers),
    visits: Number(visits),
    old: old === 'end' ? 'end' : 'keep',
  })
  console.log(`express-session over ${redis.version}, ${servers} servers replaced one by one:`)
  console.table(counts)
  const isLost =
    counts.logouts + counts.cartsLost + counts.failed + counts.refused > 0 || counts.adopted !== counts.users
  process.exitCode = isLost ? 1 : 0
} finally {
  await redis.stop()
}
