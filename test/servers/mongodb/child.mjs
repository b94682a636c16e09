// One process of the tests in faults.test.ts. It runs the built package, as Node 20 runs no TypeScript.
import { randomUUID } from 'node:crypto'
import { mongodbStore } from '../../../dist/stores/mongodb.js'

const [url, count] = process.argv.slice(2)
const store = mongodbStore({ url })
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
console.log(JSON.stringify({ conflicts }))
await store.close()
