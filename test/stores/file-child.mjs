// One process of the tests in file-processes.test.ts. It runs the built package, as Node 20 runs no TypeScript.
import { randomUUID } from 'node:crypto'
import { writeSync } from 'node:fs'
import { fileStore } from '../../dist/stores/file.js'

const [job, folder, count] = process.argv.slice(2)
const store = fileStore({ folder })
const expiresAt = Date.now() + 3_600_000

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
    // A touch between the updates of the others must lose none of them.
    await store.touch('counter', expiresAt + done, change.revision)
  }
  writeSync(1, JSON.stringify({ conflicts }))
}

if (job === 'take') {
  // All wait for the same record, then all take it, also who starts so late that it is taken.
  while (!(await store.read('flash')));
  const answers = await Promise.all(
    Array.from({ length: Number(count) }, () =>
      store.update('flash', { bytes: Buffer.alloc(0), revision: randomUUID(), expiresAt: 'keep' }, 'untaken'),
    ),
  )
  writeSync(1, JSON.stringify({ winners: answers.filter((answer) => answer === 'ok').length }))
}

if (job === 'collect') {
  let deleted = 0
  for (let last = 1; last > 0; deleted += last) last = await store.collectGarbage(Number(count), 10)
  writeSync(1, JSON.stringify({ deleted }))
}

if (job === 'write') {
  // Writes until it is killed. A line is written to the pipe, which outlives this process, after each acknowledged round.
  let i = Number(count)
  let { revision } = await store.read('record')
  for (;;) {
    i++
    const next = Buffer.alloc(4 + ((i * 7919) % 60_000), i % 251)
    next.writeUInt32BE(i, 0)
    const change = { bytes: next, revision: randomUUID(), expiresAt: expiresAt + i, subject: `subject-${i % 3}` }
    if ((await store.update('record', change, revision)) !== 'ok') throw new Error('Nobody else writes here')
    if ((await store.create(`made:${i}`, change)) !== 'ok') throw new Error('Nobody else creates here')
    if ((await store.touch('record', expiresAt, change.revision)) !== 'ok') throw new Error('Nobody else touches here')
    if (i % 2 && (await store.destroy(`made:${i}`, change.revision)) !== 'ok')
      throw new Error('Nobody else destroys here')
    revision = change.revision
    writeSync(1, `${i}\n`)
  }
}

await store.close?.()
