// One process of the tests in faults.ts. It runs the built package, as Node 20 runs no TypeScript.
import { randomUUID } from 'node:crypto'
import { writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const [factory, job, url, count] = process.argv.slice(2)
const name = factory === 'postgresStore' ? 'postgres' : 'mysql'
const { [factory]: open } = await import(new URL(`../../../dist/stores/${name}.js`, import.meta.url).href)
const store = open({ url })
const expiresAt = Date.now() + 3_600_000
const report = (value) => writeSync(1, `${JSON.stringify(value)}\n`)

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
  report({ conflicts })
  await store.close()
}

if (job === 'write') {
  // Writes until it is killed, whatever happens to the server, and reports each acknowledged number.
  for (let i = 1; ; i++) {
    try {
      const made = { bytes: Buffer.from(`made ${i}`), revision: `v${i}`, expiresAt }
      if ((await store.create(`made:${i}`, made)) !== 'ok') throw new Error('Nobody else creates here')
      const last = await store.read('last')
      const change = { bytes: Buffer.from(String(i)), revision: randomUUID(), expiresAt: 'keep' }
      if ((await store.update('last', change, last.revision)) !== 'ok') throw new Error('Nobody else writes here')
      report({ written: i })
    } catch (error) {
      report({ failed: i, code: error.code ?? error.message })
      await sleep(20)
    }
  }
}
