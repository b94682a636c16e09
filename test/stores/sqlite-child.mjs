// One process of the tests in sqlite-processes.test.ts. It runs the built package, as Node 20 runs no TypeScript.
import { randomUUID } from 'node:crypto'
import { writeSync } from 'node:fs'
import { sqliteStore } from '../../dist/stores/sqlite.js'

const [job, url, count] = process.argv.slice(2)
const store = sqliteStore({ url })
const expiresAt = Date.now() + 3_600_000

if (job === 'open') {
  await store.read('nothing')
  await store.close()
}

if (job === 'increment') {
  let conflicts = 0
  for (let done = 0; done < Number(count); ) {
    const record = await store.read('counter')
    const next = Number(Buffer.from(record.bytes).toString()) + 1
    const change = { bytes: Buffer.from(String(next)), version: randomUUID(), expiresAt: 'keep' }
    const answer = await store.update('counter', change, record.version)
    if (answer === 'ok') done++
    else if (answer === 'conflict') conflicts++
    else throw new Error(`The answer was ${answer}`)
  }
  writeSync(1, JSON.stringify({ conflicts }))
  await store.close()
}

if (job === 'write') {
  // Writes until it is killed. A line is written to the pipe, which outlives this process, after each acknowledged write.
  const stored = await store.read('record')
  let { version } = stored
  for (let i = Buffer.from(stored.bytes).readUInt32BE(0); ; ) {
    i++
    const next = Buffer.alloc(4 + ((i * 7919) % 60_000), i % 251)
    next.writeUInt32BE(i, 0)
    const change = { bytes: next, version: randomUUID(), expiresAt }
    if ((await store.update('record', change, version)) !== 'ok') throw new Error('Nobody else writes here')
    version = change.version
    if ((await store.create(`made:${i}`, change)) !== 'ok') throw new Error('Nobody else creates here')
    writeSync(1, `${i}\n`)
  }
}
