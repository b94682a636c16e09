// One process of the tests in faults.test.ts. It runs the built package, as Node 20 runs no TypeScript.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { redisStore } from '../../../dist/stores/redis.js'

const [job, url, count] = process.argv.slice(2)
const store = redisStore({ url })
const expiresAt = Date.now() + 3_600_000
const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`)

if (job === 'increment') {
  let conflicts = 0
  for (let done = 0; done < Number(count); ) {
    const record = await store.read('counter')
    const next = Number(Buffer.from(record.bytes).toString()) + 1
    const change = { bytes: Buffer.from(String(next)), revision: randomUUID(), expiresAt: 'keep' }
    const answer = await store.update('counter', change, record.revision)
    if (answer === 'ok') done++
    else if (answer === 'conflict') conflicts++
    else throw new Error(`The answer was ${answer}`)
  }
  say({ conflicts })
  await store.close()
}

if (job === 'write') {
  // Writes until it is told to stop, and says what was acknowledged and what failed.
  process.on('SIGTERM', () => process.exit(0))
  for (let i = 0; ; i++) {
    try {
      const record = { bytes: Buffer.from(`made ${i}`), revision: randomUUID(), expiresAt, subject: 'writer' }
      const answer = await store.create(`made:${i}`, record)
      say({ i, answer })
    } catch (error) {
      say({ i, failed: error.code })
      await sleep(5)
    }
  }
}
