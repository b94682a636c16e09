// npm run movein [users] [servers] [visits] [keep|end]: an express-session app over Redis is replaced server by server, under
// load, and where there is Go an app on gorilla/sessions, too. Prints what became of the users, and fails when one was logged
// out or lost a cart.

import { startRedis } from '../test/services/redis.mjs'
import { moveExpress, moveGo } from '../test/support/movein.mjs'

const [users = '10000', servers = '4', visits = '40000', old = 'keep'] = process.argv.slice(2)
const apps = {
  'express-session over Redis': moveExpress,
  'Go, gorilla/sessions in cookies': moveGo,
}
for (const [name, move] of Object.entries(apps)) {
  const redis = await startRedis({ durable: false })
  try {
    const began = Date.now()
    const counts = await move({
      url: redis.url,
      users: Number(users),
      servers: Number(servers),
      visits: Number(visits),
      old: old === 'end' ? 'end' : 'keep',
    })
    if (!counts) {
      console.log(`${name}: not moved, as there is no Go with its modules on this machine`)
      continue
    }
    const seconds = ((Date.now() - began) / 1000).toFixed(0)
    console.log(`${name}, ${servers} servers replaced one by one in ${seconds} s, new sessions in ${redis.version}:`)
    console.table(counts)
    const isLost =
      counts.logouts + counts.cartsLost + counts.failed + counts.refused > 0 || counts.adopted !== counts.users
    if (isLost) process.exitCode = 1
  } finally {
    await redis.stop()
  }
}
