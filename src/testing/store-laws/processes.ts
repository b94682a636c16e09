import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { isAbsolute } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createTestClient } from '../test-client.js'
import { future, keyOf, type Law, needed, type ProcessesUnderTest, recordOf } from './harness.js'
import { look, observed, sessionsOver } from './sessions.js'
import type { Job, Message } from './worker.js'

const count = 4
/**
 * A process is plain JavaScript: next to this file in the package, and for the sources of this library in what they build. Asked
 * only when one starts: a bundle for a Worker has no place of its own.
 */
function workerFile(): URL {
  const here = import.meta.url
  return new URL(here.endsWith('.ts') ? '../../../dist/testing/store-laws/worker.js' : 'worker.js', here)
}

/** What must hold when several processes share a store. */
export const processLaws = {
  'four processes of 250 increments by compare-and-set each add up to a thousand': async ({ store, processes }) => {
    const key = keyOf('processes:counter')
    await store.create(key, recordOf('0'))
    const conflicts = await inProcesses(needed(processes, 'processes'), { kind: 'increment', key, times: 250 })
    assert.equal(new TextDecoder().decode((await store.read(key))?.bytes), '1000')
    // All of them begin with what they read before the first wrote.
    assert.ok(sum(conflicts) >= count - 1, 'the processes met')
  },
  'of a hundred parallel takes in four processes one gets the flash': async ({ store, processes }) => {
    const clock = () => future
    const sessions = sessionsOver(observed(store).store, clock)
    const client = createTestClient(sessions)
    await client.request((session) => session.flash.set('note', 'once'))
    const job: Job = { kind: 'take', cookie: client.cookie, now: clock(), times: 25 }
    assert.equal(sum(await inProcesses(needed(processes, 'processes'), job)), 1)
    assert.equal((await look(sessions, client.cookie)).flash.has('note'), false)
  },
} satisfies Record<string, Law>

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)

/** Runs a job in four processes, which begin together once all are ready, and gives the number that each answers. */
async function inProcesses({ module, args }: ProcessesUnderTest, job: Job): Promise<number[]> {
  const text = String(module)
  const place = isAbsolute(text) ? pathToFileURL(text).href : text
  const children = Array.from({ length: count }, () =>
    fork(workerFile(), [place, JSON.stringify(args), JSON.stringify(job)], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    }),
  )
  try {
    await Promise.all(children.map((child) => answer(child, 'ready')))
    const results = children.map((child) => answer(child, 'done'))
    for (const child of children) child.send('go')
    return await Promise.all(results)
  } finally {
    for (const child of children) child.kill('SIGKILL')
  }
}

async function answer(child: ChildProcess, expected: Message['kind']): Promise<number> {
  const ended = once(child, 'exit').then(([code, signal]) =>
    assert.fail(`A process of the law ended with ${String(code ?? signal)}; what it wrote to stderr says why.`),
  )
  const [message] = (await Promise.race([once(child, 'message'), ended])) as [Message]
  if (message.kind === 'failed') assert.fail(`A process of the law failed: ${message.text}`)
  assert.equal(message.kind, expected)
  return message.kind === 'done' ? message.result : 0
}
