// One process of the tests in sqlite-processes.test.ts and sqlite-faults.test.ts. It runs the built package, as Node 20 runs no TypeScript.
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
    const change = { bytes: Buffer.from(String(next)), revision: randomUUID(), expiresAt: 'keep' }
    const answer = await store.update('counter', change, record.revision)
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
  let { revision } = stored
  for (let i = Buffer.from(stored.bytes).readUInt32BE(0); ; ) {
    i++
    const next = Buffer.alloc(4 + ((i * 7919) % 60_000), i % 251)
    next.writeUInt32BE(i, 0)
    const change = { bytes: next, revision: randomUUID(), expiresAt }
    if ((await store.update('record', change, revision)) !== 'ok') throw new Error('Nobody else writes here')
    revision = change.revision
    if ((await store.create(`made:${i}`, change)) !== 'ok') throw new Error('Nobody else creates here')
    writeSync(1, `${i}\n`)
  }
}

if (job === 'live') {
  // Lives until it is killed, and says so after each acknowledged write: a third of the records it makes stays, a third is
  // moved, a third is destroyed. Whoever reads on knows from the number what each must be.
  const name = count
  const deadline = 9e12
  const revision = (i) => `${name}:${i}`
  const record = (i) => {
    const bytes = Buffer.alloc(4 + ((i * 7919) % 20_000), i % 251)
    bytes.writeUInt32BE(i, 0)
    return { bytes, revision: revision(i), expiresAt: deadline, subject: `subject-${i % 3}` }
  }
  const acknowledged = (what, i, answer) => {
    if (answer !== 'ok') throw new Error(`Nobody else writes here, but ${what} answered ${answer}`)
    writeSync(1, `${what} ${i}\n`)
  }
  acknowledged('start', 0, await store.create(`${name}:record`, record(0)))
  for (let i = 1; ; i++) {
    acknowledged('update', i, await store.update(`${name}:record`, record(i), revision(i - 1)))
    acknowledged('create', i, await store.create(`${name}:made:${i}`, record(i)))
    acknowledged('touch', i, await store.touch(`${name}:made:${i}`, deadline + i, revision(i)))
    if (i % 3 === 1) {
      const moved = store.move(`${name}:made:${i}`, `${name}:moved:${i}`, record(i), revision(i))
      acknowledged('move', i, await moved)
    }
    if (i % 3 === 2) acknowledged('destroy', i, await store.destroy(`${name}:made:${i}`, revision(i)))
  }
}
