import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { inAnHour, report } from './report.mjs'

/** Bytes that belong to a number, of a length of their own: a torn record shows. */
function bytesOf(i, most = 60_000) {
  const bytes = Buffer.alloc(4 + ((i * 7919) % most), i % 251)
  bytes.writeUInt32BE(i, 0)
  return bytes
}

function assertOk(answer, what) {
  if (answer !== 'ok') throw new Error(`Nobody else writes here, but ${what} answered ${answer}`)
}

/** Jobs that write until they are killed, and report what was acknowledged. */
export const writing = {
  /** Rounds of an update, a create, a touch and, of every second one, a destroy, from the number `last` on. Reports each round. */
  async rounds(store, last) {
    let i = Number(last)
    let { revision } = await store.read('record')
    for (;;) {
      i++
      const bytes = bytesOf(i)
      const change = { bytes, revision: randomUUID(), expiresAt: inAnHour + i, subject: `subject-${i % 3}` }
      assertOk(await store.update('record', change, revision), 'update')
      assertOk(await store.create(`made:${i}`, change), 'create')
      assertOk(await store.touch('record', inAnHour, change.revision), 'touch')
      if (i % 2) assertOk(await store.destroy(`made:${i}`, change.revision), 'destroy')
      revision = change.revision
      report(i)
    }
  },

  /** Rounds of an update and a create, from the number in the record on. Reports each round. */
  async pairs(store) {
    const stored = await store.read('record')
    let { revision } = stored
    for (let i = Buffer.from(stored.bytes).readUInt32BE(0) + 1; ; i++) {
      const change = { bytes: bytesOf(i), revision: randomUUID(), expiresAt: inAnHour }
      assertOk(await store.update('record', change, revision), 'update')
      revision = change.revision
      assertOk(await store.create(`made:${i}`, change), 'create')
      report(i)
    }
  },

  /**
   * Reports each acknowledged write, `[what, number]`: a third of the records it makes stays, a third is moved, a third is
   * destroyed. A reader knows from the number what each must be.
   */
  async live(store, name) {
    const deadline = 9e12
    const revision = (i) => `${name}:${i}`
    const record = (i) => ({
      bytes: bytesOf(i, 20_000),
      revision: revision(i),
      expiresAt: deadline,
      subject: `subject-${i % 3}`,
    })
    const acknowledged = (what, i, answer) => {
      assertOk(answer, what)
      report([what, i])
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
  },

  /** Creates until it is told to stop, whatever happens to the server. Reports `{ i, answer }` or `{ i, failed: code }`. */
  async creates(store) {
    process.on('SIGTERM', () => process.exit(0))
    for (let i = 0; ; i++) {
      try {
        const record = {
          bytes: Buffer.from(`made ${i}`),
          revision: randomUUID(),
          expiresAt: inAnHour,
          subject: 'writer',
        }
        report({ i, answer: await store.create(`made:${i}`, record) })
      } catch (error) {
        report({ i, failed: error.code })
        await sleep(5)
      }
    }
  },

  /** Creates a record and updates the last one, whatever happens to the server. Reports `{ written }` or `{ failed, code }`. */
  async 'creates and updates'(store) {
    for (let i = 1; ; i++) {
      try {
        const made = { bytes: Buffer.from(`made ${i}`), revision: `v${i}`, expiresAt: inAnHour }
        assertOk(await store.create(`made:${i}`, made), 'create')
        const last = await store.read('last')
        const change = { bytes: Buffer.from(String(i)), revision: randomUUID(), expiresAt: 'keep' }
        assertOk(await store.update('last', change, last.revision), 'update')
        report({ written: i })
      } catch (error) {
        report({ failed: i, code: error.code ?? error.message })
        await sleep(20)
      }
    }
  },
}
